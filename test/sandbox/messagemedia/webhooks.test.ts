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

const difficult = 'a"b\\c\nd & <e> =%+ ü 👍';

let provider: ProviderSimulator;
let catcher: Catcher;
beforeEach(async () => {
  [provider, catcher] = await Promise.all([startSimulator(), startCatcher()]);
});
afterEach(() => Promise.all([provider.close(), catcher.close()]));

const register = async (fields: object, at = provider) => {
  const webhook = { url: `${catcher.url}/hook?a=b`, method: 'POST', encoding: 'JSON', events: ['RECEIVED_SMS'] };
  const { status, body } = await api(at, 'POST /v1/webhooks/messages', { ...webhook, ...fields });
  expect(status).toBe(201);
  return body;
};
/** Sends a message and a reply to it, and waits until their webhooks are delivered. @returns the message's id */
const reply = async (content = difficult, at = provider): Promise<string> => {
  const message = { content: 'Hello!', destination_number: '+61412123123', metadata: { order: '47/11' } };
  const { body } = await api(at, 'POST /v1/messages', { messages: [{ ...message, delivery_report: true }] });
  at.reply(body.messages[0].message_id, { content });
  return body.messages[0].message_id;
};
const settledReply = async (content?: string, at = provider) => {
  const messageId = await reply(content, at);
  await at.settled();
  return { messageId, caught: catcher.caught };
};

describe('a template reaches the other side whole', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('as JSON with %s', async (method) => {
    await register({ method, template: '{"id":"$mtId","text":"$esc.json($moContent)","from":"$sourceAddress"}' });
    const { messageId, caught } = await settledReply();
    expect(caught).toMatchObject([{ method, target: '/hook?a=b', headers: { 'content-type': 'application/json' } }]);
    expect(JSON.parse(String(caught[0]?.body))).toEqual({ id: messageId, text: difficult, from: '+61412123123' });
  });

  // MessageMedia does not document whether it escapes values in forms and XML. Here it does not, which is the worse case.
  const form = "order=$metadata.get('order')&text=$moContent";
  test.each([
    ['FORM_ENCODED', 'application/x-www-form-urlencoded', form, difficult, `order=47/11&text=${difficult}`],
    ['XML', 'application/xml', '<r t="$moContent">$!moContent</r>', `<&>"'`, `<r t="<&>"'"><&>"'</r>`],
  ])('as %s, with nothing escaped', async (encoding, type, template, content, body) => {
    await register({ encoding, template });
    const { caught } = await settledReply(content);
    expect([caught[0]?.headers['content-type'], String(caught[0]?.body)]).toEqual([type, body]);
  });

  test.each(['JSON', 'FORM_ENCODED', 'XML'])('as the query of a GET, whatever the encoding: %s', async (encoding) => {
    const key = await enableNewKey(provider);
    const url = `${catcher.url}/hook?a=b&text=$moContent&order=$metadata.get('order')&none=$!moId2`;
    await register({ method: 'GET', encoding, url });
    const { caught } = await settledReply();
    const [request] = caught as [Caught];
    const query = new URL(request.target, catcher.url).searchParams;
    expect(Object.fromEntries(query)).toEqual({ a: 'b', text: difficult, order: '47/11', none: '' });
    expect(request).toMatchObject({ method: 'GET', body: Buffer.alloc(0) });
    expect(request.headers).not.toHaveProperty('content-type');
    expect(isSignedWith(key, request)).toBe(true);
  });

  test('with headers of its own, which displace none of the signature', async () => {
    const key = await enableNewKey(provider);
    const headers = { 'X-Tenant': 'a', 'X-MessageMedia-Key-Id': 'forged', Date: 'today' };
    await register({ headers, template: '{}' });
    const { caught } = await settledReply();
    expect(caught[0]?.headers).toMatchObject({ 'x-tenant': 'a' });
    expect(isSignedWith(key, caught[0] as Caught)).toBe(true);
  });
});

test('only what a webhook asked for reaches it', async () => {
  const template = '$status';
  await register({ url: `${catcher.url}/reports`, events: ['ENROUTE_DR', 'DELIVERED_DR'], template });
  const removed = await register({ url: `${catcher.url}/removed`, template });
  await register({ url: `${catcher.url}/opt-outs`, events: ['OPT_OUT_SMS', 'RECEIVED_MMS'], template });
  await api(provider, `DELETE /v1/webhooks/messages/${removed.id}`);
  await settledReply();
  const reached = catcher.caught.map(({ target, body }) => `${target} ${body}`);
  expect(reached).toEqual(['/reports enroute', '/reports delivered']);
});

describe('retries', () => {
  const retried = { retries: 3, retry_delay: 5, template: '{"try":$retryCount}' };
  const statuses = () => provider.deliveries.map(({ status }) => status);

  test('none unless asked for', async () => {
    catcher.answers.push(503);
    await register({ template: '{}' });
    await settledReply();
    expect(statuses()).toEqual([503]);
  });

  test('until the other side takes it', async () => {
    catcher.answers.push(503, 'reset', 204);
    await register(retried);
    await settledReply();
    expect(statuses()).toEqual([503, undefined, 204]);
    expect(catcher.caught.map(({ body }) => String(body))).toEqual(['{"try":0}', '{"try":1}', '{"try":2}']);
  });

  test('as often as asked for and no more', async () => {
    catcher.answers.push(302, 400, 401, 500);
    await register(retried);
    await settledReply();
    expect(statuses()).toEqual([302, 400, 401, 500]);
  });

  test('when no answer comes in time', async () => {
    catcher.answers.push('hang');
    await register({ ...retried, read_timeout: 500 });
    await settledReply();
    expect(statuses()).toEqual([undefined, 200]);
  }, 10_000);

  test('after the delay', async () => {
    const patient = await startSimulator({ secondMilliseconds: 20 });
    catcher.answers.push(500);
    await register({ ...retried, retries: 1 }, patient);
    const start = performance.now();
    await settledReply('Hi', patient).finally(patient.close);
    expect(performance.now() - start).toBeGreaterThan(95);
  });

  /** Delivers with one key, fails, and enables another key before the retry. @returns both keys */
  const retryUnderNewKey = async (simulator: ProviderSimulator) => {
    const [first, second] = [await enableNewKey(simulator), await createKey(simulator)];
    const gate = Promise.withResolvers<number>();
    catcher.answers.push(gate.promise);
    await register(retried, simulator);
    await reply('Hi', simulator);
    while (catcher.caught.length === 0) await setTimeout(5);
    await api(simulator, 'PATCH /v1/iam/signature_keys/enabled', { key_id: second.key_id });
    gate.resolve(500);
    await simulator.settled();
    return [first, second] as const;
  };

  test('are signed anew, with the key of the moment', async () => {
    const [first, second] = await retryUnderNewKey(provider);
    const [before, after] = catcher.caught as [Caught, Caught];
    expect(isSignedWith(first, before)).toBe(true);
    expect(isSignedWith(second, after)).toBe(true);
  });

  test('or repeat the same bytes', async () => {
    const stubborn = await startSimulator({ resendSameBytes: true });
    const [first] = await retryUnderNewKey(stubborn).finally(stubborn.close);
    const [before, after] = catcher.caught as [Caught, Caught];
    expect(isSignedWith(first, before)).toBe(true);
    expect(after).toEqual(before);
  });
});
