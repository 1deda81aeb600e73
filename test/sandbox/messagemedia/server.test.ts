import { createPublicKey } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ProviderSimulator, startProvider } from '../../../sandbox/messagemedia/server.ts';
import { api, createKey, startSimulator } from './fixture.ts';

const absentId = '00000000-0000-4000-8000-000000000000';
const keysPath = '/v1/iam/signature_keys';
const webhooksPath = '/v1/webhooks/messages';
const badKey = (...details: string[]) => ({ status: 400, body: { message: 'Bad Request', details } });
const noKey = { status: 404, body: { message: 'Entity not found' } };
const vague = { message: 'Something went wrong. Please try again later.' };

let provider: ProviderSimulator;
beforeEach(async () => {
  provider = await startSimulator();
});
afterEach(() => provider.close());

describe('signature keys', () => {
  test('a key is 2048 bits long by default, or as long as asked for', async () => {
    const bits = (spki: string) =>
      createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' }).asymmetricKeyDetails;
    expect(bits((await createKey(provider)).public_key)).toMatchObject({ modulusLength: 1024 });
    const full = await startProvider();
    const { body } = await api(full, `POST ${keysPath}`, { digest: 'SHA224', cipher: 'RSA' }).finally(full.close);
    expect(bits(body.public_key)).toMatchObject({ modulusLength: 2048 });
  });

  test('its public half is in the answer to its creation and nowhere else', async () => {
    const created = await api(provider, `POST ${keysPath}`, { digest: 'SHA256', cipher: 'RSA' });
    const { public_key, ...shown } = created.body;
    expect(created.status).toBe(201);
    expect(shown).toMatchObject({ cipher: 'RSA', digest: 'SHA256', enabled: false });
    expect(public_key).toMatch(/^MI/);
    expect(await api(provider, `GET ${keysPath}/${shown.key_id}`)).toEqual({ status: 200, body: shown });
    expect(await api(provider, `GET ${keysPath}?page=1&page_size=20`)).toEqual({ status: 200, body: [shown] });
    const enabled = { status: 200, body: { ...shown, enabled: true } };
    expect(await api(provider, `PATCH ${keysPath}/enabled`, { key_id: shown.key_id })).toEqual(enabled);
    expect(await api(provider, `GET ${keysPath}/enabled`)).toEqual(enabled);
  });

  test('one is enabled at most', async () => {
    const [first, second] = [await createKey(provider), await createKey(provider, 'SHA512')];
    const enabledIds = async () => {
      const { body } = await api(provider, `GET ${keysPath}?page=1&page_size=20`);
      return body.filter((key: { enabled: boolean }) => key.enabled).map((key: { key_id: string }) => key.key_id);
    };
    expect((await api(provider, `GET ${keysPath}/enabled`)).status).toBe(404);
    for (const { key_id } of [first, second]) {
      await api(provider, `PATCH ${keysPath}/enabled`, { key_id });
      expect(await enabledIds()).toEqual([key_id]);
    }
    for (const _again of [1, 2]) {
      expect(await api(provider, `DELETE ${keysPath}/enabled`)).toEqual({ status: 204, body: undefined });
      expect(await enabledIds()).toEqual([]);
    }
  });

  test('a deleted key is gone, and signs no more', async () => {
    const { key_id } = await createKey(provider);
    await api(provider, `PATCH ${keysPath}/enabled`, { key_id });
    expect(await api(provider, `DELETE ${keysPath}/${key_id}`)).toEqual({ status: 200, body: undefined });
    expect(provider.signingKey()).toBeUndefined();
    for (const call of [`GET ${keysPath}/${key_id}`, `DELETE ${keysPath}/${key_id}`, `DELETE ${keysPath}/4711`]) {
      expect(await api(provider, call)).toEqual(noKey);
    }
    const none = { status: 404, body: { message: 'Currently no key is enabled' } };
    expect(await api(provider, `GET ${keysPath}/enabled`)).toEqual(none);
    expect(await api(provider, `GET ${keysPath}/4711`)).toEqual(badKey('key_id property value is invalid'));
  });

  test('pages start at 1, and have both parameters or neither', async () => {
    const ids: string[] = [];
    for (const _key of [1, 2, 3]) ids.push((await createKey(provider)).key_id);
    const page = async (query: string) => {
      const { status, body } = await api(provider, `GET ${keysPath}${query}`);
      return status === 200 ? body.map(({ key_id }: { key_id: string }) => key_id) : body;
    };
    expect(await page('?page=1&page_size=2')).toEqual(ids.slice(0, 2));
    expect(await page('?page=2&page_size=2')).toEqual(ids.slice(2));
    expect(await page('?page=3&page_size=2')).toEqual([]);
    expect(await page('')).toEqual(ids);
    for (const [query, wrong] of [
      ['?page=1', 'page_size'],
      ['?page_size=2', 'page'],
      ['?page=0&page_size=2', 'page'],
      ['?page=1&page_size=0', 'page_size'],
      ['?page=x&page_size=2', 'page'],
    ] as const) {
      expect(await page(query)).toEqual({ message: 'Bad Request', details: [`${wrong} property value is invalid`] });
    }
  });

  test.each([
    [{ digest: 'SHA1', cipher: 'RSA' }, ['/digest: [SHA1] is invalid']],
    [{ digest: 'SHA256', cipher: 'RA' }, ['/cipher: [RA] is invalid']],
    [{}, ['/digest: Digest cannot be null', '/cipher: Cipher cannot be null']],
    ['{"digest":', ['Failed to parse message body.']],
    [[], ['Failed to parse message body.']],
  ])('a key of %j is refused', async (body, details) => {
    expect(await api(provider, `POST ${keysPath}`, body)).toEqual(badKey(...details));
    expect(provider.signatureKeys()).toEqual([]);
  });

  test('enabling needs a key that is there', async () => {
    const enable = (body: object) => api(provider, `PATCH ${keysPath}/enabled`, body);
    expect(await enable({})).toEqual(badKey('/key_id: Key id cannot be null'));
    for (const key_id of [absentId, '4711', 7]) expect(await enable({ key_id })).toEqual(noKey);
  });
});

test('credentials and account are checked', async () => {
  const call = `GET ${keysPath}?page=1&page_size=1`;
  for (const authorization of ['', 'Basic x', `Basic ${btoa(`${provider.apiKey}:guess`)}`])
    expect((await api(provider, call, undefined, { authorization })).status).toBe(401);
  expect((await api(provider, call, undefined, { account: provider.account })).status).toBe(200);
  expect((await api(provider, call, undefined, { account: 'Other' })).status).toBe(403);
});

test('an account without the feature has all else', async () => {
  const plain = await startSimulator({ featureEnabled: false });
  expect((await api(plain, `GET ${webhooksPath}`).finally(plain.close)).status).toBe(200);
});

test('a call that is not in the API', async () => {
  for (const call of [`PUT ${keysPath}`, 'GET /v1/nothing'])
    expect(await api(provider, call)).toEqual({ status: 404, body: { message: 'Resource not found.' } });
});

describe('webhooks', () => {
  const webhook = { url: 'https://example.com/', method: 'POST', encoding: 'JSON', events: ['RECEIVED_SMS'] };
  const create = (change: object = {}) => api(provider, `POST ${webhooksPath}`, { ...webhook, ...change });

  test('are created once for a URL and method', async () => {
    const { status, body } = await create();
    expect([status, body]).toEqual([201, { ...webhook, id: expect.any(String), headers: {}, retries: 0 }]);
    const taken = { message: 'A webhook with the given url and method already exists.' };
    expect(await create()).toEqual({ status: 409, body: taken });
    expect((await create({ method: 'PUT' })).status).toBe(201);
    const list = await api(provider, `GET ${webhooksPath}?page=1&page_size=1`);
    expect(list.body).toEqual({ page: 1, pageSize: 1, pageData: [expect.objectContaining({ method: 'PUT' })] });
    expect(await api(provider, `GET ${webhooksPath}?page=-1`)).toEqual({ status: 400, body: vague });
    expect((await api(provider, `GET ${webhooksPath}/`)).body.pageData).toHaveLength(2);
    expect((await api(provider, `GET ${webhooksPath}`)).body).toMatchObject({ page: 0, pageSize: 100 });
    expect(await api(provider, `DELETE ${webhooksPath}/${body.id}`)).toEqual({ status: 204, body: undefined });
    expect(await api(provider, `DELETE ${webhooksPath}/${body.id}`)).toEqual({ status: 404, body: undefined });
  });

  test.each<object>([
    ...[
      { url: undefined },
      { method: 'HEAD' },
      { encoding: 'YAML' },
      { encoding: null },
      { events: [] },
      { template: 7 },
    ],
    ...[{ headers: { 'content-type': 'text/plain' } }, { headers: { 'X-A': 'a\r\nb: c' } }, { headers: { 'X-A': 7 } }],
    ...[{ headers: { ['a'.repeat(201)]: 'a' } }, { headers: { a: 'a'.repeat(1001) } }],
    ...[{ retries: -1 }, { retries: 6 }, { retries: '1' }, { retry_delay: 4 }, { retry_delay: 61 }],
    ...[{ read_timeout: 0 }, { read_timeout: 60_001 }],
  ])('%j is refused, without a word on what is wrong', async (change) => {
    expect(await create(change)).toEqual({ status: 400, body: vague });
  });

  test.each([
    ...['ftp://example.com/', 'https://exa mple.com/', 'example.com', '', 'https://-invalid.com'],
    ...['https://invalid-.com', 'https://invalid_.com', 'https:///path', 'http://.example.com', 'http://example..com'],
    ...['https://ex\u00e4mple.com', 'https://example.com/a b', 'https://example.com/a\u0000', 'https://[::1]/'],
    'https://example.com:port/',
    `https://example.com/${'a'.repeat(981)}`,
  ])('the URL %j is refused', async (url) => {
    const body = { message: 'Bad Request', details: ['/url: Not a valid http url'] };
    expect(await create({ url })).toEqual({ status: 400, body });
  });

  const good = [
    'https://a-1.example.com',
    'http://127.0.0.1:3000/a?b=$moId#c',
    'https://example.com?a',
    'HTTPS://EXAMPLE.COM/',
  ];
  test.each(good)('the URL %j is taken', async (url) =>
    expect(await create({ url })).toMatchObject({ status: 201, body: { url } }),
  );

  test('an event that there is not, and a body that cannot be parsed, are told', async () => {
    const details = ['/events/1: [RECEIVED_123] is invalid'];
    expect((await create({ events: ['RECEIVED_SMS', 'RECEIVED_123'], retries: 6 })).body).toMatchObject({ details });
    const unread = { details: ['Failed to parse message body.'] };
    for (const body of ['{', '[]'])
      expect((await api(provider, `POST ${webhooksPath}`, body)).body).toMatchObject(unread);
  });

  test('there are at most 150', async () => {
    for (let count = 0; count < 150; count++) await create({ url: `https://example.com/${count}` });
    const body = { message: 'Maximum number of webhooks (150) reached' };
    expect(await create()).toEqual({ status: 400, body });
    const { body: list } = await api(provider, `GET ${webhooksPath}`);
    await api(provider, `DELETE ${webhooksPath}/${list.pageData[0].id}`);
    expect((await create()).status).toBe(201);
  });

  test('may go to the limits', async () => {
    const limits = {
      url: `https://example.com/${'a'.repeat(980)}`,
      headers: { ['a'.repeat(200)]: 'a'.repeat(1000) },
      read_timeout: 60_000,
      retries: 5,
      retry_delay: 60,
    };
    expect(await create(limits)).toEqual({ status: 201, body: { ...webhook, ...limits, id: expect.any(String) } });
    const least = { url: 'https://example.com/b', read_timeout: 1, retries: 0, retry_delay: 5 };
    const { retry_delay: _, ...shown } = { ...webhook, ...least, headers: {}, id: expect.any(String) };
    expect(await create(least)).toEqual({ status: 201, body: shown });
  });

  test('are updated, except for how they are retried', async () => {
    const { body: created } = await create();
    const update = (change: object, id = created.id) => api(provider, `PATCH ${webhooksPath}/${id}`, change);
    const changed = { ...created, method: 'PUT' };
    expect(await update({ method: 'PUT' })).toEqual({ status: 200, body: changed });
    for (const change of [{}, { method: null }, { events: [] }, { retries: 1 }]) {
      expect((await update(change)).status).toBe(400);
    }
    expect((await update({ method: 'GET' }, absentId)).status).toBe(404);
    expect((await api(provider, `GET ${webhooksPath}`)).body.pageData).toEqual([changed]);
  });
});

describe('messages', () => {
  const message = { content: 'Hello!', destination_number: '+61412123123' };
  const send = (change: object = {}) => api(provider, 'POST /v1/messages', { messages: [{ ...message, ...change }] });
  const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
  const length = "International address must be between 8 and 15 characters excluding the first '+'";
  const characters = 'International address contains invalid characters';
  const unparsed = 'Request failed to parse correctly. Please ensure input is valid and try again.';

  test.each<[string, object]>([
    ['content', { content: '' }],
    ['content', { content: 'a'.repeat(5001) }],
    ['content', { content: null }],
    [`destination_number: ${length}.`, { destination_number: '+1234567' }],
    [`destination_number: ${characters}.`, { destination_number: '+6141212312a' }],
    [`destination_number: ${length}, ${characters}.`, { destination_number: 'phone' }],
    ['destination_number', { destination_number: undefined }],
    ['source_number', { source_number: 7 }],
    ['format', { format: 'FAX' }],
    ['delivery_report', { delivery_report: 'yes' }],
    ['callbackUrl: Invalid callback url', { callback_url: 'example.com' }],
    ['callbackUrl: Invalid callback url', { callback_url: 'https://invalid_.com' }],
    ['metadata', { metadata: pairs(11) }],
    ['metadata', { metadata: { ['a'.repeat(101)]: 'v' } }],
    ['metadata', { metadata: { a: 'v'.repeat(257) } }],
    ['metadata', { metadata: { a: 1 } }],
  ])('a message with a wrong %s', async (detail, change) => {
    const details = [expect.stringContaining(`/messages/0/${detail}`)];
    expect(await send(change)).toEqual({ status: 400, body: { message: unparsed, details } });
  });

  test('may go to the limits, and are shown as they were sent', async () => {
    const limits = {
      content: 'a'.repeat(5000),
      destination_number: '+123456789012345',
      metadata: { ...pairs(9), ['a'.repeat(100)]: 'v'.repeat(256) },
    };
    const shown = { message_id: expect.any(String), status: 'queued', format: 'SMS', delivery_report: false };
    expect(await send(limits)).toEqual({ status: 202, body: { messages: [{ ...limits, ...shown }] } });
  });

  test('one bad callback URL refuses the whole batch', async () => {
    const urls = ['https://example.com', 'https://example..com'];
    const messages = urls.map((callback_url) => ({ ...message, callback_url }));
    expect(await api(provider, 'POST /v1/messages', { messages })).toMatchObject({
      status: 400,
      body: { details: ['/messages/1/callbackUrl: Invalid callback url'] },
    });
    expect(provider.deliveries).toEqual([]);
  });

  test('that are no messages, or too many, are refused whole', async () => {
    for (const body of ['{', [], {}, { messages: [] }, { messages: Array(101).fill(message) }, { messages: ['a'] }]) {
      const { status, body: answer } = await api(provider, 'POST /v1/messages', body);
      expect([status, answer.message]).toEqual([400, unparsed]);
    }
  });
});
