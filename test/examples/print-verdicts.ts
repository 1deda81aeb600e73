import { createHash } from 'node:crypto';
import { openQueuedEvent } from '../../lambda/event/queued-event.ts';
import { reverify } from '../../lambda/event/reverify.ts';
import { parseKeyring, type VerificationKey } from '../../lambda/keys/keyring.ts';
import { offload, startReceiver, webhooksOfEveryForm } from '../received.ts';
import { keyringOf, makeKey, type TestKey } from '../support.ts';
import { canonical } from './canonical.ts';
import { createMutator } from './mutations.ts';

/**
 * Prints generated messages and keyrings, one JSON object per line, with the result of the library in TypeScript for each.
 * A consumer in another language must have the same results.
 *
 * Usage: print-verdicts.ts <number of messages> <seed>
 */
const [count = 1_000, seed = 1] = process.argv.slice(2).map(Number);

/** Bytes for any `dataref`, so that no bucket is needed. */
const fetched = Buffer.from('{"reply_id":"r-1","reply_id":"r-2"}');

const keys = [makeKey('SHA256'), makeKey('SHA512')] as const;
const messages = await validMessages(keys[0]);
const { mutateMessage, mutateKeyring, pick } = createMutator(seed);

for (let index = 0; index < count; index++) {
  const message = index < messages.length ? pick(messages) : mutateMessage(pick(messages));
  const keyring = mutateKeyring(keyringOf(...keys));
  process.stdout.write(`${JSON.stringify({ message, keyring, verdict: await verdictOf(message, keyring) })}\n`);
}

async function validMessages(key: TestKey): Promise<string[]> {
  const receive = startReceiver(key);
  const made: string[] = [];
  for (const webhook of Object.values(webhooksOfEveryForm('/messagemedia'))) {
    const { body: message } = await receive(webhook);
    made.push(message, polled(message));
    if (webhook.body.length > 0) made.push(offload(message, Buffer.from(webhook.body)).message);
  }
  return made;
}

/** The same event as reconciliation queues it. */
function polled(message: string): string {
  return message
    .replace(/"mm(digest|requestline|date|signature|keyid)":"[^"]*",?/g, '')
    .replace('{', '{"mmorigin":"poll",');
}

async function verdictOf(message: string, keyring: string): Promise<object> {
  let parsed: readonly VerificationKey[] | undefined;
  try {
    parsed = parseKeyring(keyring).keys;
  } catch {
    parsed = undefined;
  }
  const ids = parsed?.map(({ id = null, digest = null }) => [id, digest]) ?? 'none';
  try {
    const read = await openQueuedEvent(message, async () => fetched);
    const { id, type, source, subject = null, mmkeyid = null, mmrepeated = null, payload } = read.event;
    const body = read.signed && createHash('sha256').update(read.signed.body).digest('hex');
    return {
      keys: ids,
      attributes: canonical({ id, type, source, subject, mmkeyid, mmrepeated }),
      payload: canonical(payload ?? null),
      body: body ?? null,
      signature: reverify(read, parsed ?? []),
    };
  } catch (error) {
    return { keys: ids, code: (error as { code?: string }).code ?? String(error) };
  }
}
