import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ProviderSimulator } from '../../../sandbox/messagemedia/server.ts';
import { api, createKey, enableNewKey, startSimulator } from './fixture.ts';

const absentId = '00000000-0000-4000-8000-000000000000';
const keysPath = '/v1/iam/signature_keys';
const webhooksPath = '/v1/webhooks/messages';
const blacklist = 'GET /v1/number_authorisation/mt/blacklist';
const report = 'POST /v2-preview/reporting/messages/detail';

let provider: ProviderSimulator;
beforeEach(async () => {
  provider = await startSimulator({ now: () => new Date('2026-11-28T23:30:00Z') });
});
afterEach(() => provider.close());

const webhook = { url: 'https://example.com/', method: 'POST', encoding: 'JSON', events: ['RECEIVED_SMS'] };
const message = { content: 'Hello!', destination_number: '+61412123123' };
const day = { start_date: '2026-11-28T00:00:00.000Z', end_date: '2026-11-29T00:00:00.000Z', timezone: 'Etc/UTC' };

/** Sends messages to phones. @returns their ids */
const send = async (numbers: string[], fields: object = {}): Promise<string[]> => {
  const messages = numbers.map((destination_number) => ({ content: 'Hi', destination_number, ...fields }));
  const { body } = await api(provider, 'POST /v1/messages', { messages });
  return body.messages.map(({ message_id }: { message_id: string }) => message_id);
};

describe('signature keys', () => {
  test('one is enabled at most, and a deleted one signs no more', async () => {
    const [first, second] = [await enableNewKey(provider), await enableNewKey(provider, 'SHA512')];
    const { body } = await api(provider, `GET ${keysPath}`);
    expect(body.map(({ enabled }: { enabled: boolean }) => enabled)).toEqual([false, true]);
    expect(provider.signingKey()?.id).toBe(second.key_id);
    for (const { key_id } of [first, second]) await api(provider, `DELETE ${keysPath}/${key_id}`);
    expect(provider.signingKey()).toBeUndefined();
  });

  test('pages start at 1, and have both parameters or neither', async () => {
    const ids: string[] = [];
    for (const _key of [1, 2, 3]) ids.push((await createKey(provider)).key_id);
    const page = async (query: string) => {
      const { body } = await api(provider, `GET ${keysPath}${query}`);
      return body.details ?? body.map(({ key_id }: { key_id: string }) => key_id);
    };
    expect(await page('?page=2&page_size=2')).toEqual(ids.slice(2));
    expect(await page('')).toEqual(ids);
    expect(await page('?page=1')).toEqual(['page_size property value is invalid']);
    expect(await page('?page=0&page_size=2')).toEqual(['page property value is invalid']);
  });
});

test('credentials and account are checked', async () => {
  for (const authorization of ['', 'Basic x', `Basic ${btoa(`${provider.apiKey}:guess`)}`])
    expect((await api(provider, `GET ${keysPath}`, undefined, { authorization })).status).toBe(401);
  expect((await api(provider, `GET ${keysPath}`, undefined, { account: provider.account })).status).toBe(200);
  expect((await api(provider, `GET ${keysPath}`, undefined, { account: 'Other' })).status).toBe(403);
});

const number = 'International address';
const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
const badUrl = ['/url: Not a valid http url'];
const unread = ['Failed to parse message body.'];

test.each<[call: string, base: object, change: object, details: string[]]>([
  [`POST ${keysPath}`, {}, { digest: 'SHA1', cipher: 'RSA' }, ['/digest: [SHA1] is invalid']],
  [`POST ${keysPath}`, {}, {}, ['/digest: Digest cannot be null', '/cipher: Cipher cannot be null']],
  [`PATCH ${keysPath}/enabled`, {}, {}, ['/key_id: Key id cannot be null']],
  [`POST ${webhooksPath}`, webhook, { url: `https://example.com/${'a'.repeat(981)}` }, badUrl],
  [`POST ${webhooksPath}`, webhook, { events: ['RECEIVED_SMS', 'LOST'] }, ['/events/1: [LOST] is invalid']],
  ['POST /v1/messages', message, { content: 'a'.repeat(5001) }, ['/messages/0/content: must be text']],
  ['POST /v1/messages', message, { destination_number: '+1234567' }, [`/messages/0/destination_number: ${number}`]],
  ['POST /v1/messages', message, { destination_number: '+6141212312a' }, [`/messages/0/destination_number: ${number}`]],
  ['POST /v1/messages', message, { format: 'FAX' }, ['/messages/0/format: must be']],
  ['POST /v1/messages', message, { callback_url: 'example.com' }, ['/messages/0/callbackUrl: Invalid callback url']],
  ['POST /v1/messages', message, { metadata: pairs(11) }, ['/messages/0/metadata: must map']],
  ['POST /v1/replies/confirmed', {}, { delivery_report_ids: [absentId] }, ['/reply_ids: must hold']],
  ['POST /v1/replies/confirmed', {}, { reply_ids: ['1'] }, ['/reply_ids/0: is not a UUID']],
  ['POST /v1/replies/confirmed', {}, { reply_ids: Array(101).fill(absentId) }, ['/reply_ids: must hold']],
  [report, day, { start_date: 'today' }, ['/start_date: is not a date']],
  [report, day, { end_date: day.start_date }, ['/end_date: must be after start_date']],
])('%s %j with %j is refused', async (call, base, change, details) => {
  const body = { ...base, ...change };
  const answer = await api(provider, call, call === 'POST /v1/messages' ? { messages: [body] } : body);
  expect(answer.status).toBe(400);
  expect(answer.body.details).toEqual(details.map((detail) => expect.stringContaining(detail)));
});

test('what cannot be parsed is refused', async () => {
  for (const body of ['{', '[]'])
    for (const path of [keysPath, webhooksPath, '/v1/messages'])
      expect((await api(provider, `POST ${path}`, body)).body).toMatchObject({ details: unread });
});

describe('webhooks', () => {
  const create = (change: object = {}) => api(provider, `POST ${webhooksPath}`, { ...webhook, ...change });

  test.each(['ftp://example.com/', 'https://-invalid.com', 'https://invalid_.com', 'http://a..com', 'https://[::1]/'])(
    'the URL %s is refused',
    async (url) => expect((await create({ url })).body).toMatchObject({ details: badUrl }),
  );

  test.each([
    ...[{ url: undefined }, { method: 'HEAD' }, { encoding: 'YAML' }, { events: [] }, { template: 7 }],
    ...[{ retries: 6 }, { retry_delay: 4 }, { read_timeout: 60_001 }, { headers: { 'X-A': 'a\r\nb: c' } }],
    ...[{ headers: { 'content-type': 'text/plain' } }, { headers: { a: 'a'.repeat(1001) } }],
  ])('%j is refused, without a word on what is wrong', async (change) => {
    const body = { message: 'Something went wrong. Please try again later.' };
    expect(await create(change)).toEqual({ status: 400, body });
  });

  test('are created once for a URL and method, and listed from page 0', async () => {
    const { body } = await create();
    expect(body).toEqual({ ...webhook, id: expect.any(String), headers: {}, retries: 0 });
    expect((await create()).status).toBe(409);
    expect((await create({ method: 'PUT' })).status).toBe(201);
    const list = await api(provider, `GET ${webhooksPath}?page=1&page_size=1`);
    expect(list.body).toEqual({ page: 1, pageSize: 1, pageData: [expect.objectContaining({ method: 'PUT' })] });
    expect((await api(provider, `GET ${webhooksPath}/`)).body.pageData).toHaveLength(2);
  });

  test('there are at most 150', async () => {
    for (let count = 0; count < 150; count++) await create({ url: `https://example.com/${count}` });
    const body = { message: 'Maximum number of webhooks (150) reached' };
    expect(await create()).toEqual({ status: 400, body });
  });

  test('are updated, except for how they are retried', async () => {
    const { body: created } = await create({ retry_delay: 5 });
    const update = (change: object) => api(provider, `PATCH ${webhooksPath}/${created.id}`, change);
    expect(await update({ method: 'PUT' })).toEqual({ status: 200, body: { ...created, method: 'PUT' } });
    for (const change of [{}, { method: null }, { events: [] }, { retries: 1 }])
      expect((await update(change)).status).toBe(400);
  });
});

test('one bad message refuses the whole batch', async () => {
  const messages = ['https://example.com', 'https://example..com'].map((callback_url) => ({
    ...message,
    callback_url,
  }));
  const details = ['/messages/1/callbackUrl: Invalid callback url'];
  const sent = { messages: messages.map((each) => ({ ...each, delivery_report: true })) };
  expect(await api(provider, 'POST /v1/messages', sent)).toMatchObject({ status: 400, body: { details } });
  expect((await api(provider, 'GET /v1/delivery_reports')).body).toEqual({ delivery_reports: [] });
});

test('delivery reports are the oldest hundred until somebody confirms them', async () => {
  await send(Array(50).fill('+61412123123'), { delivery_report: true });
  await provider.settled();
  const poll = async () => (await api(provider, 'GET /v1/delivery_reports')).body.delivery_reports as object[];
  const first = (await poll()) as { delivery_report_id: string }[];
  expect(first).toHaveLength(100);
  const delivery_report_ids = first.map((each) => each.delivery_report_id);
  for (const _twice of [1, 2]) {
    const confirmed = await api(provider, 'POST /v1/delivery_reports/confirmed', { delivery_report_ids });
    expect(confirmed).toEqual({ status: 202, body: 'Requested delivery reports will be marked as confirmed' });
    expect(await poll()).toHaveLength(50);
  }
});

describe('opt-outs', () => {
  test('a phone that answers STOP is blacklisted once, one that nobody wrote to is not', async () => {
    const [first = '', unsolicited = ''] = await send(['+61491570156', '+61491570158']);
    for (const _twice of [1, 2]) provider.optOut(first);
    provider.optOut(unsolicited, false);
    const { body } = await api(provider, blacklist);
    expect(body).toEqual({ uri: '/v1/number_authorisation/mt/blacklist', numbers: ['+61491570156'] });
  });

  test('the report has the message that triggered an opt-out, with an id that its webhook has not', async () => {
    const [sent = ''] = await send(['+61491570156'], { source_number: '+61491570157', metadata: { order: '47' } });
    const notification = provider.optOut(sent);
    const { body } = await api(provider, report, { ...day, opt_out: true, direction: 'inbound' });
    expect(body).toEqual({
      messages: [
        {
          ...{ message_id: expect.any(String), format: 'SMS', direction: 'inbound', in_response_to: sent },
          ...{ source_address: '+61491570156', destination_address: '+61491570157', account_id: 'MessageMedia123' },
          ...{ action: 'OPTOUT', content: 'STOP', units: 1, metadata: [{ key: 'order', value: '47' }] },
          timestamp: '2026-11-28T23:30:00',
        },
      ],
      pagination: { page: 0, page_size: 20, has_next: false },
    });
    expect([sent, notification]).not.toContain(body.messages[0].message_id);
    // Without a zone it takes that of the account.
    const { messages } = (await api(provider, report, { ...day, timezone: undefined })).body;
    expect(messages).toMatchObject([{ timestamp: '2026-11-29T10:30:00' }]);
  });

  test.each([
    ['an earlier day', { start_date: '2026-11-27', end_date: '2026-11-28' }, 0],
    ['what was sent', { direction: 'outbound' }, 0],
    ['a page', { page: 1, page_size: 2 }, 1],
  ])('the report of %s', async (_what, fields, count) => {
    for (const id of await send(['+61491570156', '+61491570157', '+61491570158'])) provider.optOut(id);
    expect((await api(provider, report, { ...day, ...fields })).body.messages).toHaveLength(count);
  });
});
