import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { kindOf, servedKinds, templateFor, templateKinds } from '../../../cli/webhooks/templates.ts';
import { toQueueMessage } from '../../../lambda/event/queue-message.ts';
import { webhookEvents } from '../../../lambda/messagemedia/types.ts';

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
      const message = toMessage(target, body);
      expect(message).toMatchObject({
        id,
        type: servedKinds[kind].type,
        groupId: variables.mtId ?? id,
        unrendered: [],
      });
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

function toMessage(target: string, body: string) {
  return toQueueMessage({
    ...{
      method: 'POST',
      target,
      date: 'Wed, 18 Jul 2018 06:33:52 GMT',
      body: Buffer.from(body),
      contentType: undefined,
    },
    ...{ signature: 's', digest: 'SHA256', keyId: undefined, requestId: 'r' },
  });
}

test('every event has a template, and events of one kind share it', () => {
  for (const event of webhookEvents) expect(kindOf([event])).toBeDefined();
  expect(kindOf(['DELIVERED_DR', 'FAILED_DR'])).toBe('delivery-report');
  expect(kindOf(['RECEIVED_SMS', 'RECEIVED_MMS'])).toBe('reply');
  expect(kindOf(['RECEIVED_SMS', 'OPT_OUT_SMS'])).toBeUndefined();
});

test('both versions of Apache Velocity make the same of every template of ours', () => {
  const templates = new Set(ours.map(({ template }) => template));
  const rendered = vectors.filter((vector) => templates.has(vector.template));
  expect(rendered.length).toBeGreaterThan(30);
  for (const vector of rendered) expect(vector).not.toHaveProperty('renderedByOlder');
});
