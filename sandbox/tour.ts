import { type EventType, eventTypes, type RejectionReason, rejectionReasons } from '../lambda/contract.ts';
import { fetchFromS3 } from '../lambda/event/s3-data.ts';
import type { VerificationKey } from '../lambda/keys/keyring.ts';
import { sampleWebhooks } from '../signing/sample-webhooks.ts';
import { deliver, toWire, type WireRequest } from '../signing/sender.ts';
import { stranger } from './bad-senders.ts';
import { type ConsumedEvent, consume } from './consumer.ts';
import { verdictOf } from './inspector/history.ts';
import { callbackPath, type Sandbox } from './sandbox.ts';

/** One call of the tour: its name, the request, and the type of the event or the reason of the refusal. */
type Stop = [name: string, request: WireRequest, expected: EventType | RejectionReason | 'replay'];

export interface Visit {
  name: string;
  status: number;
  verdict: 'queued' | 'queued already' | 'refused' | 'failed';
  reason: string;
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
    const found = events.filter(({ event }) => event.id === id);
    const proven = isProven(found, request, id);
    return {
      name: `sent message: ${kind}`,
      status,
      verdict: verdictOf(status),
      reason: '',
      id,
      consumer: told(proven),
      asExpected: status === 202 && proven && found[0]?.event.type === eventTypes.deliveryReport,
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
  const changed = { ...good, body: Buffer.from(good.body.toString().replace('delivered', 'rejected!')) };
  return [
    ['delivery report', good, eventTypes.deliveryReport],
    ['SMS reply with emoji', toWire(samples.smsReply, key), eventTypes.reply],
    ['MMS reply with attachment', toWire(samples.mmsReply, key), eventTypes.reply],
    ['opt-out', toWire(samples.optOut, key), eventTypes.optOut],
    ['XML webhook', toWire(samples.xml, key), eventTypes.webhook],
    ['form webhook', toWire(samples.form, key), eventTypes.webhook],
    ['GET webhook, encoded query', toWire(samples.get, key), eventTypes.webhook],
    ['unsigned call', toWire(samples.deliveryReport, undefined), 'unsigned'],
    ['changed body', changed, 'invalid_signature'],
    ['stale date', toWire(samples.deliveryReport, key, twoDaysAgo), 'stale_date'],
    ["stranger's key", toWire(samples.deliveryReport, stranger(key)), 'invalid_signature'],
    ['replay of the delivery report', good, 'replay'],
  ];
}

async function visit([name, request, expected]: Stop, { url, receiver, queue, keys }: Sandbox): Promise<Visit> {
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
  if ((rejectionReasons as readonly string[]).includes(expected))
    return { ...row, asExpected: status === 401 && reason === expected && events.length === 0 };
  const proven = isProven(events, request, id);
  const asExpected = status === 202 && proven && events[0]?.event.type === expected;
  return { ...row, consumer: told(proven), asExpected };
}

/** Whether there is only the event of this request, and its signature is good. */
function isProven([read, ...more]: ConsumedEvent[], request: WireRequest, id: string): boolean {
  if (read === undefined || more.length > 0) return false;
  const { event, signed, reverified } = read;
  return reverified && event.id === id && signed?.target === request.target && request.body.equals(signed.body);
}

function told(proven: boolean): string {
  return proven ? 're-verified' : 'NOT VERIFIED';
}
