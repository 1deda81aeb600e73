import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ProviderSimulator } from '../../../sandbox/messagemedia/server.ts';
import {
  api,
  type Catcher,
  type Caught,
  createKey,
  enableNewKey,
  isSignedWith,
  startCatcher,
  startSimulator,
} from './fixture.ts';

const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const vendor_account_id = { vendor_id: 'MessageMedia', account_id: 'MessageMedia123' };
const bodyOf = ({ body }: Caught) => JSON.parse(body.toString());

let provider: ProviderSimulator;
let catcher: Catcher;
beforeEach(async () => {
  [provider, catcher] = await Promise.all([startSimulator(), startCatcher()]);
});
afterEach(() => Promise.all([provider.close(), catcher.close()]));

/** Sends a message. @returns its id */
const send = async (fields: object = {}, at = provider): Promise<string> => {
  const message = {
    content: 'Hello!',
    destination_number: '+61412123123',
    source_number: '+61491570156',
    callback_url: `${catcher.url}/callback?a=b`,
    metadata: { order: '4711' },
    ...fields,
  };
  const { status, body } = await api(at, 'POST /v1/messages', { messages: [message] });
  expect(status).toBe(202);
  expect(body.messages).toMatchObject([{ content: 'Hello!', message_id: uuid, status: 'queued' }]);
  return body.messages[0].message_id;
};

describe('delivery reports', () => {
  test.each(['delivery_report', 'delivery_reports'])('are sent for %s: enroute, submitted, delivered', async (name) => {
    const message_id = await send({ [name]: true });
    await provider.settled();
    const common = { vendor_account_id, callback_url: `${catcher.url}/callback?a=b`, message_id };
    const times = { date_received: timestamp, delay: 0, submitted_date: timestamp };
    const sent = { source_number: '+61412123123', original_text: 'Hello!', metadata: { order: '4711' } };
    const states = { enroute: '101', submitted: '200', delivered: '220' };
    expect(catcher.caught.map(bodyOf)).toEqual(
      Object.entries(states).map(([status, error_code]) => {
        return { ...common, ...times, ...sent, delivery_report_id: uuid, status, error_code };
      }),
    );
    expect(new Set(catcher.caught.map((report) => bodyOf(report).delivery_report_id)).size).toBe(3);
    for (const { method, target, headers } of catcher.caught) {
      expect([method, target, headers['content-type']]).toEqual(['POST', '/callback?a=b', 'application/json']);
    }
  });

  test.each([
    ['0001', 'FAILED_DR', 'failed'],
    ['0002', 'EXPIRED_DR', 'expired'],
    ['0003', 'REJECTED_DR', 'rejected'],
  ])('of a number that ends in %s: %s', async (end, event, status) => {
    await send({ delivery_report: true, destination_number: `+6141212${end}` });
    await provider.settled();
    expect(provider.deliveries.map((delivery) => delivery.event)).toEqual(['ENROUTE_DR', 'SUBMITTED_DR', event]);
    expect(catcher.caught.map(bodyOf).at(-1)).toMatchObject({ status });
  });

  test('are not sent unless asked for, also to a webhook of the account', async () => {
    const events = ['ENROUTE_DR', 'SUBMITTED_DR', 'DELIVERED_DR'];
    const webhook = { url: `${catcher.url}/hook`, method: 'POST', encoding: 'JSON', events, template: '{}' };
    expect((await api(provider, 'POST /v1/webhooks/messages', webhook)).status).toBe(201);
    await send();
    await send({ delivery_report: false });
    await provider.settled();
    expect(catcher.caught).toEqual([]);
  });

  test('wait for one another', async () => {
    const gate = Promise.withResolvers<number>();
    catcher.answers.push(gate.promise);
    await send({ delivery_report: true });
    while (catcher.caught.length === 0) await setTimeout(5);
    await setTimeout(50);
    expect(catcher.caught).toHaveLength(1);
    gate.resolve(200);
    await provider.settled();
    expect(catcher.caught).toHaveLength(3);
  });

  test('are tried at a callback URL until they are taken, or given up', async () => {
    catcher.answers.push(500, 'reset', 302, 503, 401, 204);
    await send({ delivery_report: true });
    await provider.settled();
    expect(provider.deliveries).toMatchObject([
      { event: 'ENROUTE_DR', attempt: 1, status: 500 },
      { event: 'ENROUTE_DR', attempt: 2, status: undefined },
      { event: 'ENROUTE_DR', attempt: 3, status: 302 },
      { event: 'ENROUTE_DR', attempt: 4, status: 503 },
      { event: 'SUBMITTED_DR', attempt: 1, status: 401 },
      { event: 'SUBMITTED_DR', attempt: 2, status: 204 },
      { event: 'DELIVERED_DR', attempt: 1, status: 200, eventId: uuid, keyId: undefined },
    ]);
    expect(bodyOf(catcher.caught[6] as Caught).delivery_report_id).toBe(provider.deliveries[6]?.eventId);
  });
});

test('a callback is tried after ever longer delays, signed anew', async () => {
  const callbackBackoff = { tries: 3, firstDelay: 4, factor: 5 };
  const patient = await startSimulator({ secondMilliseconds: 10, callbackBackoff });
  const key = await enableNewKey(patient);
  catcher.answers.push(500, 503, 500);
  const messageId = await send({}, patient);
  const start = performance.now();
  patient.reply(messageId, { content: 'Yes' });
  await patient.settled();
  expect(performance.now() - start).toBeGreaterThan((4 + 4 * 5) * 10 - 5);
  await patient.close();
  expect(catcher.caught.map((request) => isSignedWith(key, request))).toEqual([true, true, true]);
});

describe('what a phone sends', () => {
  const numbers = { source_number: '+61412123123', destination_number: '+61491570156' };

  test('a reply by SMS', async () => {
    const message_id = await send();
    const reply_id = provider.reply(message_id, { content: 'Danke schön 👍🏽' });
    await provider.settled();
    const common = { message_id, reply_id, date_received: timestamp, vendor_account_id, metadata: { order: '4711' } };
    const callback_url = expect.stringContaining('/callback');
    expect(catcher.caught.map(bodyOf)).toEqual([{ ...common, ...numbers, callback_url, content: 'Danke schön 👍🏽' }]);
    expect(provider.deliveries).toMatchObject([{ event: 'RECEIVED_SMS', eventId: reply_id }]);
  });

  test('a reply by MMS', async () => {
    const attachments = [{ content_type: 'image/png', content: 'iVBORw0=', original_name: 'a.png' }];
    const message_id = await send();
    provider.reply(message_id, { attachments });
    await provider.settled();
    expect(catcher.caught.map(bodyOf)).toEqual([expect.objectContaining({ message_id, attachments })]);
    expect(bodyOf(catcher.caught[0] as Caught)).not.toHaveProperty('content');
    expect(provider.deliveries).toMatchObject([{ event: 'RECEIVED_MMS' }]);
  });

  test.each([true, false])('an opt-out, solicited: %s', async (isSolicited) => {
    const message_id = await send();
    const notification_id = provider.optOut(message_id, isSolicited);
    await provider.settled();
    const common = { notification_id, account_id: 'MessageMedia123', date_received: timestamp, content: 'STOP' };
    const answered = isSolicited ? { message_id, metadata: { order: '4711' } } : {};
    expect(catcher.caught.map(bodyOf)).toEqual([{ ...common, ...numbers, ...answered }]);
    expect(provider.deliveries).toMatchObject([{ event: 'OPT_OUT_SMS', eventId: notification_id }]);
  });

  test('no answer to a message that was not sent', () => {
    expect(() => provider.optOut('4711')).toThrow('No message 4711');
  });
});

describe('signatures', () => {
  test('none while no key is enabled', async () => {
    await createKey(provider);
    provider.reply(await send(), { content: 'Hi' });
    await provider.settled();
    const names = Object.keys(catcher.caught[0]?.headers ?? {});
    expect(names.filter((name) => name.startsWith('x-messagemedia'))).toEqual([]);
    expect(catcher.caught[0]?.headers.date).toMatch(/GMT$/);
  });

  const digests = ['SHA224', 'SHA256', 'SHA512'] as const;
  test.each(digests)('%s verifies with the key of the create answer', async (digest) => {
    const key = await enableNewKey(provider, digest);
    provider.reply(await send(), { content: 'Hi' });
    await provider.settled();
    const [reply] = catcher.caught as [Caught];
    expect(isSignedWith(key, reply)).toBe(true);
    expect(isSignedWith(key, { ...reply, target: '/callback' })).toBe(false);
    expect(isSignedWith(key, { ...reply, body: Buffer.from('{}') })).toBe(false);
    expect(provider.deliveries).toMatchObject([{ keyId: key.key_id }]);
  });

  test('follow the enabled key from one report to the next', async () => {
    const [first, gate] = [await enableNewKey(provider), Promise.withResolvers<number>()];
    catcher.answers.push(gate.promise);
    await send({ delivery_report: true });
    while (catcher.caught.length === 0) await setTimeout(5);
    const second = await enableNewKey(provider, 'SHA512');
    gate.resolve(200);
    await provider.settled();
    expect(catcher.caught.map((report) => isSignedWith(first, report))).toEqual([true, false, false]);
    expect(catcher.caught.map((report) => isSignedWith(second, report))).toEqual([false, true, true]);
    await api(provider, 'DELETE /v1/iam/signature_keys/enabled');
    await provider.deliver(catcher.url, { method: 'POST', target: '/', body: '' });
    expect(provider.deliveries.at(-1)).toMatchObject({ keyId: undefined });
  });

  test('have a Date of the clock of events', async () => {
    const simulator = await startSimulator({ now: () => new Date('2026-11-04T06:33:52Z') });
    const key = await enableNewKey(simulator);
    await simulator.deliver(catcher.url, { method: 'POST', target: '/', body: '{}' });
    await simulator.close();
    expect(catcher.caught).toMatchObject([{ headers: { date: 'Wed, 04 Nov 2026 06:33:52 GMT' } }]);
    expect(isSignedWith(key, catcher.caught[0] as Caught)).toBe(true);
  });

  test('of any webhook that a caller writes, with the target as it is written', async () => {
    const key = await enableNewKey(provider);
    catcher.answers.push(401);
    const webhook = { method: 'GET', target: '/a/../b?text=caf%c3%A9+%26&x', body: '' };
    expect(await provider.deliver(catcher.url, webhook)).toMatchObject({ status: 401 });
    expect(catcher.caught).toMatchObject([{ method: 'GET', target: webhook.target }]);
    expect(isSignedWith(key, catcher.caught[0] as Caught)).toBe(true);
    expect(provider.deliveries).toMatchObject([{ event: 'custom', attempt: 1, status: 401, keyId: key.key_id }]);

    catcher.answers.push('reset');
    expect(await provider.deliver(catcher.url, webhook)).toBeUndefined();
  });
});

test('closing gives up what is in flight', async () => {
  catcher.answers.push('hang');
  await send({ delivery_report: true });
  while (catcher.caught.length === 0) await setTimeout(5);
  await provider.close();
  expect(provider.deliveries[0]).toMatchObject({ status: undefined });
  expect(catcher.caught).toHaveLength(1);
  provider = await startSimulator();
});
