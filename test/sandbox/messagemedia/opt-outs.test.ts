import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ProviderSimulator } from '../../../sandbox/messagemedia/server.ts';
import { api, startSimulator } from './fixture.ts';

const blacklist = 'GET /v1/number_authorisation/mt/blacklist';
const report = 'POST /v2-preview/reporting/messages/detail';
const day = { start_date: '2026-11-28T00:00:00.000Z', end_date: '2026-11-29T00:00:00.000Z', timezone: 'Etc/UTC' };

let provider: ProviderSimulator;
beforeEach(async () => {
  provider = await startSimulator({ now: () => new Date('2026-11-28T23:30:00Z') });
});
afterEach(() => provider.close());

/** Sends messages to phones. @returns their ids */
const send = async (numbers: string[], fields: object = {}): Promise<string[]> => {
  const messages = numbers.map((destination_number) => ({ content: 'Hi', destination_number, ...fields }));
  const { body } = await api(provider, 'POST /v1/messages', { messages });
  return body.messages.map(({ message_id }: { message_id: string }) => message_id);
};
const stopFrom = async (...args: Parameters<typeof send>) => {
  const ids = await send(...args);
  return { ids, notifications: ids.map((id) => provider.optOut(id)) };
};

test('a phone that answers STOP is blacklisted once, one that nobody wrote to is not', async () => {
  expect(await api(provider, blacklist)).toMatchObject({ body: { numbers: [] } });
  const [first = ''] = await send(['+61491570156', '+61491570157']);
  provider.optOut(first);
  provider.optOut(first);
  provider.reply(first, { content: 'Thanks' });
  const [unsolicited = ''] = await send(['+61491570158']);
  provider.optOut(unsolicited, false);
  const { body } = await api(provider, blacklist);
  expect(body).toEqual({ uri: '/v1/number_authorisation/mt/blacklist', numbers: ['+61491570156'] });
});

test('the blacklist comes in pages of a hundred', async () => {
  const numbers = Array.from({ length: 100 }, (_, index) => `+6149157${1000 + index}`);
  await stopFrom(numbers);
  expect((await api(provider, blacklist)).body).not.toHaveProperty('pagination');
  await stopFrom(['+61491570156']);
  const { body } = await api(provider, blacklist);
  expect(body.numbers).toEqual(numbers);
  const { page, next_uri } = body.pagination;
  expect(next_uri).toBe(`/v1/number_authorisation/mt/blacklist?token=${page}`);
  const last = { uri: next_uri, numbers: ['+61491570156'] };
  expect((await api(provider, `GET ${next_uri}`)).body).toEqual(last);
  expect((await api(provider, `${blacklist}?token=none`)).body.numbers).toEqual(numbers);
});

test('the report has the message that triggered an opt-out, with an id that its webhook has not', async () => {
  const fields = { source_number: '+61491570157', metadata: { order: '47' } };
  const { ids, notifications } = await stopFrom(['+61491570156'], fields);
  const { body } = await api(provider, report, { ...day, opt_out: true, direction: 'inbound' });
  expect(body).toEqual({
    messages: [
      {
        message_id: expect.any(String),
        format: 'SMS',
        direction: 'inbound',
        source_address: '+61491570156',
        destination_address: '+61491570157',
        in_response_to: ids[0],
        action: 'OPTOUT',
        content: 'STOP',
        account_id: 'MessageMedia123',
        units: 1,
        metadata: [{ key: 'order', value: '47' }],
        timestamp: '2026-11-28T23:30:00',
      },
    ],
    pagination: { page: 0, page_size: 20, has_next: false },
  });
  expect([...ids, ...notifications]).not.toContain(body.messages[0].message_id);
});

test('a time of the report is in the zone that was asked for, else in that of the account', async () => {
  await stopFrom(['+61491570156']);
  const timeIn = async (timezone?: string) =>
    (await api(provider, report, { ...day, timezone })).body.messages[0].timestamp;
  expect(await timeIn('Etc/UTC')).toBe('2026-11-28T23:30:00');
  expect(await timeIn()).toBe('2026-11-29T10:30:00');
});

test.each([
  ['an earlier day', { start_date: '2026-11-27', end_date: '2026-11-28' }, 0],
  ['what was sent', { direction: 'outbound' }, 0],
  ['another account', { accounts: ['other'] }, 0],
  ['the account', { accounts: ['MessageMedia123'], direction: 'all' }, 3],
  ['a page', { page: 1, page_size: 2 }, 1],
])('the report of %s', async (_what, fields, count) => {
  await stopFrom(['+61491570156', '+61491570157', '+61491570158']);
  expect((await api(provider, report, { ...day, ...fields })).body.messages).toHaveLength(count);
});

test.each([
  [{ start_date: 'today' }, '/start_date: is not a date of ISO 8601'],
  [{ end_date: day.start_date }, '/end_date: must be after start_date'],
  [{ page: -1 }, '/page: is invalid'],
  [{ page_size: 101 }, '/page_size: is invalid'],
  [{ timezone: 'Middle/Earth' }, '/timezone: is unknown'],
])('a report of %j is refused', async (fields, detail) => {
  await stopFrom(['+61491570156']);
  const { status, body } = await api(provider, report, { ...day, ...fields });
  expect({ status, details: body.details }).toEqual({ status: 400, details: [detail] });
});
