import { expect, test } from '@jest/globals';
import { QueuedEventError } from '../../lambda/event/attributes.ts';
import { idempotencyKey, openQueuedEvent } from '../../lambda/event/queued-event.ts';
import { reverify } from '../../lambda/event/reverify.ts';
import { parseKeyring, type VerificationKey } from '../../lambda/keys/keyring.ts';
import { KeyringError } from '../../lambda/keys/keyring-secret.ts';
import { readCorpus } from '../corpus.ts';
import { leastCpu, measureCpu, mostCpu } from '../cpu.ts';

/** The consumer in Python is tested with the same lines. */
const messages = readCorpus<{
  message: string;
  stored: string;
  verdict: string;
  event?: [key: string, payload: unknown];
}>('hostile-messages');

function keysOf(keyring: string): readonly VerificationKey[] {
  try {
    return parseKeyring(keyring).keys;
  } catch (error) {
    if (error instanceof KeyringError) return [];
    throw error;
  }
}

test.each(messages)('$name: $verdict, at little cost', async ({ message, keyring, stored, verdict, event }) => {
  const read = () =>
    openQueuedEvent(message, async () => Buffer.from(stored, 'base64')).catch((error: unknown) => error);
  const { result: opened, cpu } = await measureCpu(read);
  if (opened instanceof QueuedEventError) expect(opened.code).toBe(verdict);
  else {
    const readEvent = opened as Awaited<ReturnType<typeof openQueuedEvent>>;
    expect(reverify(readEvent, keysOf(keyring))).toBe(verdict);
    if (event) expect([idempotencyKey(readEvent.event), readEvent.event.payload ?? null]).toEqual(event);
  }
  expect(await leastCpu(cpu, mostCpu, async () => (await measureCpu(read)).cpu)).toBeLessThan(mostCpu);
});
