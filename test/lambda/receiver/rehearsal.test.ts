import { afterEach, expect, jest, test } from '@jest/globals';
import type { QueueMessage } from '../../../lambda/event/queue-message.ts';
import { readQueuedEvent } from '../../../lambda/event/queued-event.ts';
import { reverify } from '../../../lambda/event/reverify.ts';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { rehearseWebhook } from '../../../lambda/receiver/rehearsal.ts';
import { recordLog } from '../../recorded-log.ts';
import vectors from '../../vectors/signatures.json' with { type: 'json' };

afterEach(() => {
  jest.restoreAllMocks();
});

test('the sample goes the whole way: it is verified, identified and written as a message', async () => {
  const sent: QueueMessage[] = [];
  await rehearseWebhook(async (message) => void sent.push(message));
  const [{ public_key } = { public_key: '' }] = vectors;
  const { keys } = parseKeyring(JSON.stringify({ keys: [{ key_id: 'sample', public_key, digest: 'SHA256' }] }));
  expect(sent).toMatchObject([
    { id: 'dc6f7774-9572-41a8-9a6b-9976a98db4a9', type: 'com.messagemedia.delivery_report' },
  ]);
  expect(reverify(readQueuedEvent(String(sent[0]?.body)), keys)).toBe('good');
});

test('a call that fails is no failure of the rehearsal, and nothing is logged', async () => {
  const log = recordLog();
  await rehearseWebhook(() => Promise.reject(new Error('no credentials')));
  expect(log.entries()).toEqual([]);
});
