import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { kindOf, type TemplateKind, templateFor } from '../../bin/templates.ts';
import { eventTypes } from '../../lambda/contract.ts';
import { toQueueMessage } from '../../lambda/event.ts';
import { createProvider, type Provider } from '../../lambda/provider/provider.ts';
import {
  type WebhookEncoding,
  type WebhookEvent,
  webhookEncodings,
  webhookEvents,
} from '../../lambda/provider/types.ts';
import { type LocalServer, listen } from '../../sandbox/http.ts';
import { type ProviderSimulator, startProvider } from '../../sandbox/provider/provider.ts';
import type { WireRequest } from '../../sandbox/sender.ts';

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
    // What a phone user may type to pass for something else.
    cause: (id) =>
      provider.reply(id, { content: '</content>&delivery_report_id=typed","delivery_report_id":"typed\n' }),
  },
  'opt-out': { events: ['OPT_OUT_SMS'], type: eventTypes.optOut, cause: (id) => provider.optOut(id) },
};

const cases = (Object.keys(kinds) as TemplateKind[]).flatMap((kind) =>
  // A GET webhook has its data in the query, which only a form can be.
  [...webhookEncodings.map((encoding) => [kind, encoding, 'POST'] as const), [kind, 'FORM_ENCODED', 'GET'] as const],
);

test.each(cases)('%s in %s by %s has the ids that the event needs', async (kind, encoding, method) => {
  const { events, type, cause } = kinds[kind];
  const url = `${server.url}/messagemedia?kind=${kind}`;
  await api.createWebhook({ url, method, encoding, events, template: templateFor(kind, encoding) });
  const before = provider.deliveries.length;
  const [message] = await api.sendMessages([
    { content: 'Hello!', destination_number: '+61491570157', delivery_report: true },
  ]);
  cause(message?.message_id ?? '');
  await provider.settled();
  const [delivery, ...more] = provider.deliveries.slice(before);
  expect(more).toEqual([]);
  expect(messageOf(delivery?.request)).toMatchObject({ id: delivery?.eventId, type, groupId: message?.message_id });
});

function messageOf(request: WireRequest | undefined) {
  if (request === undefined) throw new Error('nothing was delivered');
  const { method, target, headers, body } = request;
  const unsigned = { signature: 's', digest: 'SHA256', keyId: undefined, requestId: 'r' } as const;
  return toQueueMessage({
    method,
    target,
    date: headers.date ?? '',
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

test.each(webhookEncodings)('ids come before anything that somebody types, in %s', (encoding: WebhookEncoding) => {
  const template = templateFor('reply', encoding);
  for (const id of ['$moId', '$!mtId', '$accountId'])
    expect(template.indexOf(id)).toBeLessThan(template.indexOf('$!moContent'));
});
