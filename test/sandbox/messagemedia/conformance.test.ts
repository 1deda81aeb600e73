import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { isUuid } from '../../../lambda/guards.ts';
import { createProvider, type Provider } from '../../../lambda/messagemedia/client.ts';
import type { OutboundMessage, WebhookDefinition } from '../../../lambda/messagemedia/types.ts';
import { type LocalServer, listen, readBody } from '../../../sandbox/http.ts';
import type { ProviderSimulator } from '../../../sandbox/messagemedia/server.ts';
import { type Operation, operations, type Schema } from './description.ts';
import { api, startSimulator } from './fixture.ts';

/** A call and its answer, as they were on the wire. */
interface Exchange {
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  request: string;
  status: number;
  contentType: string | null;
  answer: string;
}

const absentId = '00000000-0000-4000-8000-000000000000';
const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false });
ajv.addFormat('uuid', isUuid);
ajv.addFormat('date-time', (value: string) => new Date(value).toISOString() === value);

/** Passes calls on and records them. */
async function listenIn(target: string, exchanges: Exchange[]): Promise<LocalServer> {
  return listen(0, async (call, response) => {
    const { method = '', headers } = call;
    const { host: _host, connection: _connection, 'content-length': _length, ...passed } = headers;
    const request = String((await readBody(call)) ?? '');
    const url = new URL(`${target}${call.url}`);
    const answered = await fetch(url, { method, headers: passed as Record<string, string>, body: request || null });
    const answer = await answered.text();
    const { status } = answered;
    const contentType = answered.headers.get('content-type');
    exchanges.push({ method, url, headers, request, status, contentType, answer });
    response.writeHead(status, contentType === null ? {} : { 'content-type': contentType }).end(answer);
  });
}

/** A path can fit two operations, such as `…/enabled` and `…/{id}`. Then the one without an id counts. */
function operationOf({ method, url }: Exchange): Operation {
  const fitting = operations.filter(({ call }) => {
    const pattern = call.replaceAll('/', String.raw`\/`).replace('{id}', '[^/]+');
    return new RegExp(`^${pattern}$`).test(`${method} ${url.pathname}`);
  });
  const operation = fitting.find(({ call }) => !call.includes('{id}')) ?? fitting[0];
  if (operation) return operation;
  throw new Error(`${method} ${url.pathname} is not described`);
}

function problemsOf(schema: Schema, value: unknown): unknown[] {
  return ajv.validate(schema, value) ? [] : (ajv.errors ?? []);
}

/** The parts of an answer that the description does not have. */
function problemsOfAnswer(exchange: Exchange): unknown[] {
  const { status, contentType, answer } = exchange;
  const described = operationOf(exchange).answers[status];
  if (described === undefined) return [`status ${status} is not described`];
  if (described === 'none') return answer === '' ? [] : [`there is a body: ${answer}`];
  if (described === 'text') return contentType === 'text/plain' ? [] : [`it is ${contentType}`];
  if (contentType !== 'application/json') return [`it is ${contentType}`];
  return problemsOf(described, JSON.parse(answer));
}

/** The parts of a call that the description does not have. */
function problemsOfCall(exchange: Exchange): unknown[] {
  const { url, headers, request } = exchange;
  const { query = {}, request: schema, needsAccept } = operationOf(exchange);
  const given = [...url.searchParams.keys()];
  return [
    ...given.filter((name) => !(name in query)).map((name) => `?${name} is not described`),
    ...Object.keys(query).filter((name) => query[name] && !given.includes(name)),
    ...(needsAccept && headers.accept !== 'application/json' ? ['Accept is not JSON'] : []),
    ...(schema === undefined && request !== '' ? ['there is a body'] : []),
    ...(schema !== undefined && headers['content-type'] !== 'application/json' ? ['Content-Type is not JSON'] : []),
    ...(schema === undefined ? [] : problemsOf(schema, JSON.parse(request))),
  ];
}

const webhook: WebhookDefinition = {
  url: 'https://example.com/hook',
  method: 'POST',
  encoding: 'JSON',
  events: ['RECEIVED_SMS', 'DELIVERED_DR'],
  headers: { 'X-Tenant': 'a' },
  template: '{"id":"$moId"}',
  read_timeout: 5000,
  retries: 2,
  retry_delay: 5,
};
const message: OutboundMessage = {
  content: 'Hello!',
  destination_number: '+61491570157',
  source_number: '+61491570156',
  format: 'SMS',
  delivery_report: true,
  callback_url: 'http://127.0.0.1:1/',
  metadata: { order: '47' },
};

/** All calls of the client, with success. */
async function useClient(client: Provider, provider: ProviderSimulator): Promise<void> {
  const { key_id } = await client.createSignatureKey('SHA256');
  await client.listSignatureKeys();
  await client.getSignatureKey(key_id);
  await client.getEnabledSignatureKey();
  await client.enableSignatureKey(key_id);
  await client.getEnabledSignatureKey();
  await client.disableSignatureKey();
  await client.deleteSignatureKey(key_id);
  const sent = await client.sendMessages([message, { content: 'Bare', destination_number: '+61491570158' }]);
  for (const { message_id } of sent) provider.reply(message_id, { content: 'Yes' });
  const attachments = [{ content_type: 'image/png', content: 'iVBORw0=', original_name: 'a.png' }];
  provider.reply(sent[0]?.message_id ?? '', { attachments });
  provider.optOut(sent[0]?.message_id ?? '');
  await provider.settled();
  const [reports, replies] = [await client.checkDeliveryReports(), await client.checkReplies()];
  expect([reports.length, replies.length]).toEqual([3, 3]);
  await client.confirmDeliveryReports(reports.map(({ delivery_report_id }) => String(delivery_report_id)));
  await client.confirmReplies(replies.map(({ reply_id }) => String(reply_id)));
  const others = Array.from({ length: 100 }, (_, index) => `+6149157${1000 + index}`);
  const more = others.map((destination_number) => ({ content: 'Hi', destination_number }));
  for (const { message_id } of await client.sendMessages(more)) provider.optOut(message_id);
  const { numbers, next } = await client.blacklistPage();
  expect([numbers.length, (await client.blacklistPage(next)).numbers.length]).toEqual([100, 1]);
  const day = 86_400_000;
  const { messages } = await client.optOutPage(new Date(Date.now() - day), new Date(Date.now() + day), 0);
  expect(messages).toHaveLength(100);
  const { id } = await client.createWebhook(webhook);
  await client.createWebhook({ url: 'http://example.com', method: 'GET', encoding: 'XML', events: ['OPT_OUT_SMS'] });
  await client.listWebhooks();
  await client.updateWebhook(id, { method: 'PUT', events: ['FAILED_DR'] });
  await client.deleteWebhook(id);
}

const keysPath = '/v1/iam/signature_keys';
const webhooksPath = '/v1/webhooks/messages';

/** Calls that are refused, besides those without credentials or feature. */
const refused: [call: string, body?: unknown][] = [
  [`POST ${keysPath}`, { digest: 'SHA256', cipher: 'RA' }],
  [`POST ${keysPath}`, '{'],
  [`GET ${keysPath}?page=1`],
  [`GET ${keysPath}/4711`],
  [`GET ${keysPath}/${absentId}`],
  [`DELETE ${keysPath}/${absentId}`],
  [`PATCH ${keysPath}/enabled`, {}],
  [`PATCH ${keysPath}/enabled`, { key_id: absentId }],
  ['POST /v1/messages', { messages: [{}] }],
  ['POST /v1/messages', '{'],
  ['POST /v1/delivery_reports/confirmed', {}],
  ['POST /v1/replies/confirmed', '{'],
  ['POST /v2-preview/reporting/messages/detail', { start_date: '2026-11-28', end_date: '2026-11-28' }],
  [`POST ${webhooksPath}`, {}],
  [`POST ${webhooksPath}`, { ...webhook, url: 'https://invalid_.com', events: ['LOST_DR'] }],
  [`POST ${webhooksPath}`, '{'],
  [`POST ${webhooksPath}`, { url: 'http://example.com', method: 'GET', encoding: 'XML', events: ['OPT_OUT_SMS'] }],
  [`GET ${webhooksPath}?page=-1`],
  [`PATCH ${webhooksPath}/${absentId}`, { method: 'GET' }],
  [`DELETE ${webhooksPath}/${absentId}`],
];

let provider: ProviderSimulator;
let listener: LocalServer;
const byClient: Exchange[] = [];
const raw: Exchange[] = [];

beforeAll(async () => {
  provider = await startSimulator();
  const { apiKey, apiSecret } = provider;
  for (const authentication of ['basic', 'hmac'] as const) {
    const throughClient = await listenIn(provider.url, byClient);
    const client = createProvider({ baseUrl: throughClient.url, apiKey, apiSecret, authentication });
    await useClient(client, provider).finally(throughClient.close);
    for (const { id } of await createProvider({ baseUrl: provider.url, apiKey, apiSecret }).listWebhooks()) {
      if (authentication === 'basic') await api(provider, `DELETE ${webhooksPath}/${id}`);
    }
  }
  listener = await listenIn(provider.url, raw);
  const through = { ...provider, url: listener.url };
  for (const [call, body] of refused) await api(through, call, body);

  const { body: created } = await api(provider, `GET ${webhooksPath}`);
  await api(through, `PATCH ${webhooksPath}/${created.pageData[0].id}`, {});

  const plain = await startSimulator({ featureEnabled: false });
  const toPlain = await listenIn(plain.url, raw);
  for (const { call } of operations) {
    const [method = '', path = ''] = call.replace('{id}', absentId).split(' ');
    const body = method === 'GET' || method === 'DELETE' ? undefined : {};
    await api(through, `${method} ${path}`, body, { authorization: 'Basic x' });
    if (path.startsWith(keysPath)) await api({ ...plain, url: toPlain.url }, `${method} ${path}`, body);
  }
  await Promise.all([plain.close(), toPlain.close()]);
});
afterAll(() => Promise.all([provider.close(), listener.close()]));

const nameOf = ({ method, url, status }: Exchange) => `${method} ${url.pathname}${url.search} → ${status}`;
const withProblems = (exchanges: Exchange[], check: (exchange: Exchange) => unknown[]) =>
  exchanges.map((exchange) => [nameOf(exchange), check(exchange)] as const).filter(([, found]) => found.length > 0);

test('the client makes no call but as it is described', () => {
  expect(withProblems(byClient, problemsOfCall)).toEqual([]);
});

test('the simulator gives no answer but as it is described', () => {
  expect(withProblems([...byClient, ...raw], problemsOfAnswer)).toEqual([]);
});

test('the simulator gives every answer that is described', () => {
  const given = new Set([...byClient, ...raw].map((exchange) => `${operationOf(exchange).call} ${exchange.status}`));
  const described = operations.flatMap(({ call, answers }) => Object.keys(answers).map((each) => `${call} ${each}`));
  expect(described.filter((name) => !given.has(name))).toEqual([]);
});

test('the client makes every call that is described', () => {
  const made = new Set(byClient.map((exchange) => operationOf(exchange).call));
  expect(operations.map(({ call }) => call).filter((call) => !made.has(call))).toEqual([]);
});

test('a wrong answer or call would be found', () => {
  const [sent] = byClient.filter(({ url }) => url.pathname === '/v1/messages') as [Exchange];
  const odd = (change: Partial<Exchange>) => ({ ...sent, ...change });
  expect(problemsOfAnswer(odd({ status: 200 }))).toHaveLength(1);
  expect(problemsOfAnswer(odd({ contentType: 'text/html' }))).toHaveLength(1);
  const answer = '{"messages":[{"content":"a","destination_number":"1","extra":1}]}';
  expect(problemsOfAnswer(odd({ answer }))).toMatchObject([{ keyword: 'additionalProperties' }]);
  expect(problemsOfCall(odd({ request: '{"messages":[]}' }))).toHaveLength(1);
  expect(problemsOfCall(odd({ url: new URL('?a=b', sent.url) }))).toHaveLength(1);
});
