import { generateKeyPairSync } from 'node:crypto';
import { type EventType, eventTypes, type RejectionReason, rejectionReasons } from '../lambda/contract.ts';
import { fetchFromS3 } from '../lambda/event/s3-data.ts';
import type { VerificationKey } from '../lambda/keys/keyring.ts';
import { sampleWebhooks } from '../signing/sample-webhooks.ts';
import { deliver, toWire, type WireRequest } from '../signing/sender.ts';
import { type ConsumedEvent, consume } from './consumer.ts';
import { callbackPath, type Sandbox } from './sandbox.ts';

/** One call of the tour, and its expected result. */
interface Stop {
  name: string;
  request: WireRequest;
  expected: EventType | RejectionReason | 'replay';
}

/** The result of a call. */
export interface Visit {
  name: string;
  status: number;
  verdict: 'queued' | 'queued already' | 'refused' | 'failed';
  reason: string;
  /** Id of the event on the queue. */
  id: string;
  /** The consumer's own check of the signature, with only the queued message and the keys. */
  consumer: string;
  asExpected: boolean;
}

/**
 * Creates and enables a key as a customer does, sends a message and receives its reports. Then it sends a webhook of every
 * kind and every forgery, all over real HTTP, and checks the queue after each.
 */
export async function tour(sandbox: Sandbox): Promise<Visit[]> {
  await takeKeyIntoUse(sandbox);
  const visits = await sendMessage(sandbox);
  for (const stop of stops(sandbox)) visits.push(await visit(stop, sandbox));
  return visits;
}

/** Stores the public key before the key is enabled, so that no webhook is signed with an unknown key. */
async function takeKeyIntoUse({ api, storeKeyring }: Sandbox): Promise<void> {
  const key = await api.createSignatureKey('SHA256');
  storeKeyring(JSON.stringify(key));
  await api.enableSignatureKey(key.key_id);
}

async function sendMessage({ url, api, provider, queue, keys }: Sandbox): Promise<Visit[]> {
  const callback_url = `${url}${callbackPath}`;
  await api.sendMessages([
    { content: 'Hello!', destination_number: '+61491570157', delivery_report: true, callback_url },
  ]);
  await provider.settled();
  const events = await consumeAll(queue, keys());
  return provider.deliveries.map(({ event: kind, eventId: id = '', status = 0, request }) => {
    const [event, ...more] = events.filter((candidate) => candidate.event.id === id);
    const proven = event !== undefined && more.length === 0 && isProven(event, request, id);
    return {
      name: `sent message: ${kind}`,
      status,
      verdict: verdictOf(status),
      reason: '',
      id,
      consumer: proven ? 're-verified' : 'NOT VERIFIED',
      asExpected: status === 202 && proven && event.event.type === eventTypes.deliveryReport,
    };
  });
}

/** Receives several times, because the queue gives an event about a message only after the previous one is deleted. */
async function consumeAll(
  { client, queueUrl, storage, overflowBucket }: Sandbox['queue'],
  keys: readonly VerificationKey[],
): Promise<ConsumedEvent[]> {
  const all: ConsumedEvent[] = [];
  for (;;) {
    const events = await consume(client, queueUrl, keys, fetchFromS3(storage, overflowBucket));
    if (events.length === 0) return all;
    all.push(...events);
  }
}

function stops({ provider }: Sandbox): Stop[] {
  const key = provider.signingKey();
  if (key === undefined) throw new Error('The sandbox has no key enabled');
  const samples = sampleWebhooks(callbackPath);
  const good = toWire(samples.deliveryReport, key);
  const twoDaysAgo = new Date(Date.now() - 2 * 24 * 3_600_000);
  const stranger = { ...key, privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey };
  const changed = { ...good, body: Buffer.from(good.body.toString().replace('delivered', 'rejected!')) };
  const stop = (name: string, request: WireRequest, expected: Stop['expected']): Stop => ({ name, request, expected });
  return [
    stop('delivery report', good, eventTypes.deliveryReport),
    stop('SMS reply with emoji', toWire(samples.smsReply, key), eventTypes.reply),
    stop('MMS reply with attachment', toWire(samples.mmsReply, key), eventTypes.reply),
    stop('opt-out', toWire(samples.optOut, key), eventTypes.optOut),
    stop('XML webhook', toWire(samples.xml, key), eventTypes.webhook),
    stop('form webhook', toWire(samples.form, key), eventTypes.webhook),
    stop('GET webhook, encoded query', toWire(samples.get, key), eventTypes.webhook),
    stop('unsigned call', toWire(samples.deliveryReport, undefined), 'unsigned'),
    stop('changed body', changed, 'invalid_signature'),
    stop('stale date', toWire(samples.deliveryReport, key, twoDaysAgo), 'stale_date'),
    stop("stranger's key", toWire(samples.deliveryReport, stranger), 'invalid_signature'),
    stop('replay of the delivery report', good, 'replay'),
  ];
}

async function visit({ name, request, expected }: Stop, { url, receiver, queue, keys }: Sandbox): Promise<Visit> {
  const { status, headers, body } = await deliver(url, request);
  const reason = String((await receiver.logOf(String(headers['apigw-requestid'])))?.reason ?? '');
  const events = await consumeAll(queue, keys());
  const id = status === 202 ? String(JSON.parse(body).id) : '';
  const row = { name, status, reason, id, consumer: '', verdict: verdictOf(status) };

  if (expected === 'replay') {
    const once = events.length === 0;
    const consumer = once ? 'no second copy' : 'A SECOND COPY';
    return { ...row, verdict: 'queued already', consumer, asExpected: status === 202 && once };
  }
  if (isReason(expected)) {
    return { ...row, asExpected: status === 401 && reason === expected && events.length === 0 };
  }
  const [event] = events;
  const proven = event !== undefined && events.length === 1 && isProven(event, request, id);
  const consumer = proven ? 're-verified' : 'NOT VERIFIED';
  return { ...row, consumer, asExpected: status === 202 && proven && event.event.type === expected };
}

/** The verdict on a request, from the status of its answer. */
export function verdictOf(status: number): Visit['verdict'] {
  if (status === 202) return 'queued';
  return status < 500 ? 'refused' : 'failed';
}

function isReason(expected: EventType | RejectionReason): expected is RejectionReason {
  return (rejectionReasons as readonly string[]).includes(expected);
}

function isProven({ event, signed, reverified }: ConsumedEvent, request: WireRequest, id: string): boolean {
  return reverified && event.id === id && signed?.target === request.target && request.body.equals(signed.body);
}
