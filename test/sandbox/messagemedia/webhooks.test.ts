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
  const webhook = {
    url: `${catcher.url}/hook?a=b`,
    method: 'POST',
    encoding: 'JSON',
    events: ['RECEIVED_SMS'],
    ...fields,
  };
  const { status, body } = await api(at, 'POST /v1/webhooks/messages', webhook);
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
  test('as a form, with nothing escaped', async () => {
    await register({ encoding: 'FORM_ENCODED', template: "order=$metadata.get('order')&text=$moContent" });
    const { caught } = await settledReply();
    expect(caught[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(String(caught[0]?.body)).toBe(`order=47/11&text=${difficult}`);
  });

  test('as XML, with nothing escaped', async () => {
    await register({ encoding: 'XML', template: '<r t="$moContent">$!moContent</r>' });
    const { caught } = await settledReply(`<&>"'`);
    expect(caught[0]?.headers['content-type']).toBe('application/xml');
    expect(String(caught[0]?.body)).toBe(`<r t="<&>"'"><&>"'</r>`);
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
  expect(catcher.caught.map(({ target, body }) => [target, String(body)])).toEqual([
    ['/reports', 'enroute'],
    ['/reports', 'delivered'],
  ]);
});

describe('retries', () => {
  const retried = { retries: 3, retry_delay: 5, template: '{"try":$retryCount}' };
  const attempts = () => provider.deliveries.map(({ attempt, status }) => [attempt, status]);

  test('none unless asked for', async () => {
    catcher.answers.push(503);
    await register({ template: '{}' });
    await settledReply();
    expect(attempts()).toEqual([[1, 503]]);
  });

  test('until the other side takes it', async () => {
    catcher.answers.push(503, 'reset', 204);
    await register(retried);
    await settledReply();
    expect(attempts()).toEqual([
      [1, 503],
      [2, undefined],
      [3, 204],
    ]);
    expect(catcher.caught.map(({ body }) => String(body))).toEqual(['{"try":0}', '{"try":1}', '{"try":2}']);
  });

  test('as often as asked for and no more', async () => {
    catcher.answers.push(302, 400, 401, 500);
    await register(retried);
    await settledReply();
    expect(attempts().map(([, status]) => status)).toEqual([302, 400, 401, 500]);
  });

  test('when no answer comes in time', async () => {
    catcher.answers.push('hang');
    await register({ ...retried, read_timeout: 500 });
    await settledReply();
    expect(attempts()).toEqual([
      [1, undefined],
      [2, 200],
    ]);
  }, 10_000);

  test('after the delay', async () => {
    const patient = await startSimulator({ secondMilliseconds: 20 });
    try {
      catcher.answers.push(500);
      await register({ ...retried, retries: 1 }, patient);
      const start = performance.now();
      await settledReply('Hi', patient);
      expect(performance.now() - start).toBeGreaterThan(95);
    } finally {
      await patient.close();
    }
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
    try {
      const [first] = await retryUnderNewKey(stubborn);
      const [before, after] = catcher.caught as [Caught, Caught];
      expect(isSignedWith(first, before)).toBe(true);
      expect(after).toEqual(before);
    } finally {
      await stubborn.close();
    }
  });
});
