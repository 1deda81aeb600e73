import { afterAll, expect, test } from '@jest/globals';
import { eventTypes } from '../../lambda/contract.ts';
import type { WebhookEvent } from '../../lambda/event/queued-event.ts';

process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
const { onEvent } = await import('../../examples/typescript/on-event.ts');
afterAll(() => void delete process.env.POWERTOOLS_LOG_LEVEL);

const payloads = [
  undefined,
  {},
  { status: null, attachments: null },
  { status: 'a future one', attachments: 5 },
  { attachments: [{ content: null }, null] },
];

test.each(payloads)('no event fails for what its payload lacks: %j', async (payload) => {
  for (const type of Object.values(eventTypes)) {
    const event = {
      specversion: '1.0',
      id: '1',
      source: 'urn:messagemedia',
      time: '2026-11-28T00:00:00Z',
      type,
      payload,
    };
    await expect(onEvent(event as WebhookEvent)).resolves.toBeUndefined();
  }
});
