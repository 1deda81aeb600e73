import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { kindOf, type TemplateKind, templateFor, templateKinds } from '../../../cli/webhooks/templates.ts';
import { eventTypes } from '../../../lambda/contract.ts';
import { toQueueMessage } from '../../../lambda/event/queue-message.ts';
import { createProvider, type Provider } from '../../../lambda/messagemedia/client.ts';
import { type WebhookEvent, webhookEvents } from '../../../lambda/messagemedia/types.ts';
import { type LocalServer, listen } from '../../../sandbox/http.ts';
import { type ProviderSimulator, startProvider } from '../../../sandbox/messagemedia/server.ts';
import type { WireRequest } from '../../../signing/sender.ts';

let provider: ProviderSimulator;
let api: Provider;
let server: LocalServer;
beforeAll(async () => {
  provider = await startProvider({ modulusLength: 1024 });
  api = createProvider({ baseUrl: provider.url, apiKey: provider.apiKey, apiSecret: provider.apiSecret });
  server = await listen(0, (request, response) => {
    request.resume().on('end', () => response.writeHead(202).end());
  });
});
afterAll(() => Promise.all([provider.close(), server.close()]));
beforeEach(async () => {
  for (const { id } of await api.listWebhooks()) await api.deleteWebhook(id);
});

const kinds: Record<TemplateKind, { events: WebhookEvent[]; type: string; cause: (messageId: string) => void }> = {
  'delivery-report': { events: ['DELIVERED_DR'], type: eventTypes.deliveryReport, cause: () => {} },
  reply: {
    events: ['RECEIVED_SMS'],
    type: eventTypes.reply,
    // Texts that a phone user may type to look like another field.
    cause: (id) =>
      provider.reply(id, { content: '</content>&delivery_report_id=typed","delivery_report_id":"typed\n' }),
  },
  'opt-out': { events: ['OPT_OUT_SMS'], type: eventTypes.optOut, cause: (id) => provider.optOut(id) },
};

/** Creates a webhook as `mmw` does. */
function create(kind: TemplateKind) {
  const url = `${server.url}/messagemedia?kind=${kind}`;
  const { events } = kinds[kind];
  return api.createWebhook({ url, template: templateFor(kind), method: 'POST', encoding: 'JSON', events });
}

async function send(destination_number = '+61491570157'): Promise<string> {
  const [message] = await api.sendMessages([{ content: 'Hello!', destination_number, delivery_report: true }]);
  return message?.message_id ?? '';
}

test.each(templateKinds)('%s has the ids that the event needs', async (kind) => {
  const { type, cause } = kinds[kind];
  await create(kind);
  const before = provider.deliveries.length;
  const messageId = await send();
  cause(messageId);
  await provider.settled();
  const [delivery, ...more] = provider.deliveries.slice(before);
  expect(more).toEqual([]);
  expect(messageOf(delivery?.request)).toMatchObject({
    id: delivery?.eventId,
    type,
    groupId: messageId,
    unrendered: [],
  });
});

test('two phones that write STOP are two events, also without a message before', async () => {
  await create('opt-out');
  const before = provider.deliveries.length;
  provider.optOut(await send('+61491570157'));
  provider.optOut(await send('+61491570158'), false);
  await provider.settled();
  const deliveries = provider.deliveries.slice(before);
  const messages = deliveries.map(({ request }) => messageOf(request));
  expect(messages.map(({ id }) => id)).toEqual(deliveries.map(({ eventId }) => eventId));
  expect(new Set(messages.map(({ deduplicationId }) => deduplicationId)).size).toBe(2);
  expect(messages.map(({ type, unrendered }) => [type, unrendered])).toEqual(Array(2).fill([eventTypes.optOut, []]));
  const [, alone] = deliveries;
  expect(messages[1]?.groupId).toBe(alone?.eventId);
});

const vectors: { template: string; variables: Record<string, unknown>; rendered: string }[] = JSON.parse(
  readFileSync(new URL('../../vectors/velocity.json', import.meta.url), 'utf8'),
);
const ours = templateKinds.map((kind) => ({ kind, template: templateFor(kind) }));

test.each(ours)('Apache Velocity renders nothing that was typed as an id: $kind', ({ kind, template }) => {
  const rendered = vectors.filter((vector) => vector.template === template);
  expect(rendered.length).toBeGreaterThan(8);
  for (const { variables, rendered: body } of rendered) {
    const id = variables.drId ?? variables.moId ?? variables.notificationId ?? 'r';
    for (const target of [`/m?kind=${kind}`, ...(variables.accountId === undefined ? [] : ['/m'])]) {
      const message = toMessage({ method: 'POST', target, body: Buffer.from(body) });
      expect(message).toMatchObject({ id, type: kinds[kind].type, groupId: variables.mtId ?? id, unrendered: [] });
    }
  }
});

test.each(ours)('Apache Velocity makes JSON of it, with all that was given: $kind', ({ kind, template }) => {
  for (const { variables, rendered } of vectors.filter((vector) => vector.template === template)) {
    const body = JSON.parse(rendered);
    expect(body.metadata).toEqual(variables.metadata ?? {});
    expect(body.source_number).toBe(variables.sourceAddress ?? '');
    if (kind === 'delivery-report') expect(body.original_text).toBe(variables.mtContent ?? '');
    else if (!body.attachments) expect(body.content).toBe(variables.moContent ?? '');
    else
      expect(body.attachments[1]).toEqual({ content_type: 'image/png', content: 'aGk=', original_name: 'a "b".png' });
    expect(body.billing_units).toBe(kind === 'delivery-report' ? variables.billingUnits : undefined);
  }
});

function messageOf(request: WireRequest | undefined) {
  if (request === undefined) throw new Error('nothing was delivered');
  return toMessage(request);
}

function toMessage(request: Pick<WireRequest, 'method' | 'target' | 'body'> & Partial<Pick<WireRequest, 'headers'>>) {
  const { method, target, headers = {}, body } = request;
  const unsigned = { signature: 's', digest: 'SHA256', keyId: undefined, requestId: 'r' } as const;
  return toQueueMessage({
    method,
    target,
    date: headers.date ?? 'Wed, 18 Jul 2018 06:33:52 GMT',
    body,
    contentType: headers['content-type'],
    ...unsigned,
  });
}

test('every event has a template, and events of one kind share it', () => {
  for (const event of webhookEvents) expect(kindOf([event])).toBeDefined();
  expect(kindOf(['DELIVERED_DR', 'FAILED_DR'])).toBe('delivery-report');
  expect(kindOf(['RECEIVED_SMS', 'RECEIVED_MMS'])).toBe('reply');
  expect(kindOf(['RECEIVED_SMS', 'OPT_OUT_SMS'])).toBeUndefined();
});

test.each(ours)('ids come before anything that somebody types: $kind', ({ template }) => {
  const typed = template.search(/moContent|mtContent|metadata|attachments/);
  expect(typed).toBeGreaterThan(0);
  for (const id of [/drId|moId|notificationId/, /\$!mtId/, /accountId/])
    expect(template.search(id)).toBeLessThan(typed);
});

test('both versions of Apache Velocity make the same of every template of ours', () => {
  const templates = new Set(ours.map(({ template }) => template));
  const rendered = vectors.filter((vector) => templates.has(vector.template));
  expect(rendered.length).toBeGreaterThan(30);
  for (const vector of rendered) expect(vector).not.toHaveProperty('renderedByOlder');
});

test('an MMS has its attachments', async () => {
  await api.createWebhook({ ...jsonReply(), events: ['RECEIVED_MMS'] });
  const before = provider.deliveries.length;
  const attachment = { content_type: 'image/png', content: 'iVBORw0=', original_name: 'a "b".png' };
  provider.reply(await send(), { attachments: [attachment, { ...attachment, original_name: '' }] });
  await provider.settled();
  const body = JSON.parse(String(provider.deliveries.slice(before)[0]?.request.body));
  expect(body.attachments).toEqual([attachment, { ...attachment, original_name: '' }]);
  expect(body).not.toHaveProperty('content');
});

test('metadata arrives as it was sent, whatever is in it', async () => {
  await api.createWebhook(jsonReply());
  const before = provider.deliveries.length;
  const metadata = { 'a "key"': 'a value', $moId: '$mtId', x: '#if(', '': 'empty', 'ü 👍': '</a>&b=c' };
  const [message] = await api.sendMessages([{ content: 'Hello!', destination_number: '+61491570157', metadata }]);
  provider.reply(message?.message_id ?? '', { content: 'Hi' });
  await provider.settled();
  expect(JSON.parse(String(provider.deliveries.slice(before)[0]?.request.body))).toMatchObject({ metadata });
});

function jsonReply() {
  const template = templateFor('reply');
  const events: WebhookEvent[] = ['RECEIVED_SMS'];
  return { url: `${server.url}/m?kind=reply`, method: 'POST', encoding: 'JSON', events, template } as const;
}
