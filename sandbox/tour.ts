import { generateKeyPairSync } from 'node:crypto';
import { type EventType, eventTypes, type RejectionReason, rejectionReasons } from '../lambda/contract.ts';
import { type ConsumedEvent, consume } from './consumer.ts';
import { callbackPath, type Sandbox } from './sandbox.ts';
import { deliver, toWire, type WireRequest } from './sender.ts';
import { sampleWebhooks } from './webhooks.ts';

/** One call of the tour and what must become of it. */
interface Stop {
  name: string;
  request: WireRequest;
  expected: EventType | RejectionReason | 'replay';
}

/** What became of a call. */
export interface Visit {
  name: string;
  status: number;
  verdict: 'queued' | 'queued already' | 'refused' | 'failed';
  reason: string;
  /** Id of the event on the queue. */
  id: string;
  /** The consumer's own check of the signature, from the queued message alone. */
  consumer: string;
  asExpected: boolean;
}

/** Delivers one webhook of every kind and one of every forgery over real HTTP, and reads the queue after each. */
export async function tour(sandbox: Sandbox): Promise<Visit[]> {
  const visits: Visit[] = [];
  for (const stop of stops(sandbox)) visits.push(await visit(stop, sandbox));
  return visits;
}

function stops({ signingKey }: Sandbox): Stop[] {
  const samples = sampleWebhooks(callbackPath);
  const good = toWire(samples.deliveryReport, signingKey);
  const twentyMinutesAgo = new Date(Date.now() - 20 * 60_000);
  const stranger = { ...signingKey, privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey };
  const changed = { ...good, body: Buffer.from(good.body.toString().replace('delivered', 'rejected!')) };
  return [
    { name: 'delivery report', request: good, expected: eventTypes.deliveryReport },
    { name: 'SMS reply with emoji', request: toWire(samples.smsReply, signingKey), expected: eventTypes.reply },
    { name: 'MMS reply with attachment', request: toWire(samples.mmsReply, signingKey), expected: eventTypes.reply },
    { name: 'opt-out', request: toWire(samples.optOut, signingKey), expected: eventTypes.optOut },
    { name: 'XML webhook', request: toWire(samples.xml, signingKey), expected: eventTypes.webhook },
    { name: 'form webhook', request: toWire(samples.form, signingKey), expected: eventTypes.webhook },
    { name: 'GET webhook, encoded query', request: toWire(samples.get, signingKey), expected: eventTypes.webhook },
    { name: 'unsigned call', request: toWire(samples.deliveryReport, undefined), expected: 'unsigned' },
    { name: 'changed body', request: changed, expected: 'invalid_signature' },
    {
      name: 'stale date',
      request: toWire(samples.deliveryReport, signingKey, twentyMinutesAgo),
      expected: 'stale_date',
    },
    { name: "stranger's key", request: toWire(samples.deliveryReport, stranger), expected: 'invalid_signature' },
    { name: 'replay of the delivery report', request: good, expected: 'replay' },
  ];
}

async function visit({ name, request, expected }: Stop, { url, receiver, queue, keys }: Sandbox): Promise<Visit> {
  const { status, headers, body } = await deliver(url, request);
  const reason = String((await receiver.logOf(String(headers['apigw-requestid'])))?.reason ?? '');
  const events = await consume(queue.client, queue.queueUrl, keys);
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

function verdictOf(status: number): Visit['verdict'] {
  if (status === 202) return 'queued';
  return status < 500 ? 'refused' : 'failed';
}

function isReason(expected: EventType | RejectionReason): expected is RejectionReason {
  return (rejectionReasons as readonly string[]).includes(expected);
}

function isProven({ event, signed, reverified }: ConsumedEvent, request: WireRequest, id: string): boolean {
  return reverified && event.id === id && signed.target === request.target && request.body.equals(signed.body);
}
