import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { PolledItem } from '../../../lambda/messagemedia/types.ts';
import type { ProviderSimulator } from '../../../sandbox/messagemedia/server.ts';
import { api, type Catcher, startCatcher, startSimulator } from './fixture.ts';

const absentId = '00000000-0000-4000-8000-000000000000';
const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

const vendor_account_id = { vendor_id: 'MessageMedia', account_id: 'MessageMedia123' };

let provider: ProviderSimulator;
let catcher: Catcher;
beforeEach(async () => {
  [provider, catcher] = await Promise.all([startSimulator(), startCatcher()]);
});
afterEach(() => Promise.all([provider.close(), catcher.close()]));

/** Sends messages and waits until all webhooks are delivered. @returns their ids */
const send = async (fields: object = {}, count = 1): Promise<string[]> => {
  const message = { content: 'Hello!', destination_number: '+61412123123', metadata: { order: '47' }, ...fields };
  const { body } = await api(provider, 'POST /v1/messages', { messages: Array(count).fill(message) });
  await provider.settled();
  return body.messages.map(({ message_id }: { message_id: string }) => message_id);
};
const sendOne = async (fields?: object): Promise<string> => String(await send(fields));
const poll = async (list: 'delivery_reports' | 'replies'): Promise<PolledItem[]> =>
  (await api(provider, `GET /v1/${list}`)).body[list];

describe('delivery reports', () => {
  test('are listed when nobody was told of them, without an error code', async () => {
    const message_id = await sendOne({ delivery_report: true });
    const common = { source_number: '+61412123123', delay: 0, original_text: 'Hello!', metadata: { order: '47' } };
    const own = { delivery_report_id: expect.any(String), message_id, vendor_account_id };
    const times = { date_received: timestamp, submitted_date: timestamp };
    expect(await poll('delivery_reports')).toEqual(
      ['enroute', 'submitted', 'delivered'].map((status) => ({ ...common, ...own, ...times, status })),
    );
    expect(provider.deliveries).toEqual([]);
  });

  test('have the ids of the callbacks', async () => {
    await send({ delivery_report: true, callback_url: catcher.url });
    const told = catcher.caught.map(({ body }) => JSON.parse(String(body)).delivery_report_id);
    const listed = await poll('delivery_reports');
    expect(listed.map((report) => report.delivery_report_id)).toEqual(told);
    expect(listed[0]).toMatchObject({ callback_url: catcher.url });
  });

  test('are the oldest hundred until somebody confirms them', async () => {
    await send({ delivery_report: true }, 50);
    const first = await poll('delivery_reports');
    expect(first).toHaveLength(100);
    expect(await poll('delivery_reports')).toEqual(first);

    const delivery_report_ids = first.map((report) => report.delivery_report_id);
    const confirm = () => api(provider, 'POST /v1/delivery_reports/confirmed', { delivery_report_ids });
    for (const _twice of [1, 2]) {
      expect(await confirm()).toEqual({ status: 202, body: 'Requested delivery reports will be marked as confirmed' });
      const rest = await poll('delivery_reports');
      expect(rest).toHaveLength(50);
      expect(rest.map((report) => report.status)).not.toContain(undefined);
    }
  });

  test('there are none unless they were asked for', async () => {
    await send();
    expect(await poll('delivery_reports')).toEqual([]);
  });
});

test('replies are listed with what the description has for them, and opt-outs are not', async () => {
  const message_id = await sendOne({ source_number: '+61491570156', callback_url: catcher.url });
  const bare = await sendOne();
  const reply_id = provider.reply(message_id, { content: 'Yes' });
  provider.reply(bare, { attachments: [{ content_type: 'image/png', content: 'iVBORw0=', original_name: 'a.png' }] });
  provider.optOut(message_id);
  await provider.settled();
  const [text, mms, ...more] = await poll('replies');
  expect(text).toEqual({
    reply_id,
    message_id,
    content: 'Yes',
    callback_url: catcher.url,
    date_received: timestamp,
    source_number: '+61412123123',
    destination_number: '+61491570156',
    vendor_account_id,
    metadata: { order: '47' },
  });
  expect(mms).toMatchObject({ message_id: bare });
  for (const absent of ['attachments', 'content', 'destination_number', 'callback_url']) {
    expect(mms).not.toHaveProperty(absent);
  }
  expect(more).toEqual([]);
  expect((await api(provider, 'POST /v1/replies/confirmed', { reply_ids: [reply_id, absentId] })).status).toBe(202);
  expect(await poll('replies')).toEqual([mms]);
});

test.each([
  ['nothing', undefined],
  ['no list', { reply_ids: absentId }],
  ['ids of the other list', { delivery_report_ids: [absentId] }],
  ['what is no id', { reply_ids: ['1'] }],
  ['more than a hundred', { reply_ids: Array(101).fill(absentId) }],
])('%s cannot be confirmed', async (_name, body) => {
  const answer = await api(provider, 'POST /v1/replies/confirmed', body);
  expect(answer).toMatchObject({ status: 400, body: { message: expect.stringMatching(/^Request failed to parse/) } });
  expect(answer.body.details).toHaveLength(1);
});

describe('what was told', () => {
  const template = '{}';
  const webhook = { method: 'POST', encoding: 'JSON', events: ['DELIVERED_DR', 'RECEIVED_SMS'], template };

  test('is listed all the same', async () => {
    await api(provider, 'POST /v1/webhooks/messages', { ...webhook, url: `${catcher.url}/hook` });
    await send({ delivery_report: true });
    expect(catcher.caught).toHaveLength(1);
    expect(await poll('delivery_reports')).toHaveLength(3);
  });

  test('may never be told: then only polling knows', async () => {
    provider.dropNext('SUBMITTED_DR');
    provider.dropNext('RECEIVED_SMS');
    const message_id = await sendOne({ delivery_report: true, callback_url: catcher.url });
    provider.reply(message_id, { content: 'lost' });
    provider.reply(message_id, { content: 'found' });
    await provider.settled();
    expect(provider.deliveries.map(({ event }) => event)).toEqual(['ENROUTE_DR', 'DELIVERED_DR', 'RECEIVED_SMS']);
    expect((await poll('delivery_reports')).map(({ status }) => status)).toEqual(['enroute', 'submitted', 'delivered']);
    expect((await poll('replies')).map(({ content }) => content)).toEqual(['lost', 'found']);
  });
});
