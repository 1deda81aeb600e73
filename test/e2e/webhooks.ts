import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RejectionReason } from '../../lambda/contract.ts';
import { fetchFromS3 } from '../../lambda/event/s3-data.ts';
import { parseKeyring } from '../../lambda/keys/keyring.ts';
import { type ConsumedEvent, consume } from '../../sandbox/consumer.ts';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import type { DeliveryAnswer, SigningKey, Webhook, WireRequest } from '../../signing/sender.ts';
import { toWire } from '../../signing/sender.ts';
import type { Run } from './proof.ts';
import { until } from './waiting.ts';

/** One webhook of every kind, for the deployed path. */
export function samples({ stack }: Run): ReturnType<typeof sampleWebhooks> {
  return sampleWebhooks(stack.callbackPath);
}

/** A delivery report that no run has sent before. The queue would drop the sample report as a repetition. */
export function freshReport(run: Run, key: SigningKey, date = new Date()): WireRequest {
  const { deliveryReport } = samples(run);
  const ids = { delivery_report_id: randomUUID(), message_id: randomUUID() };
  const webhook: Webhook = {
    ...deliveryReport,
    body: JSON.stringify({ ...JSON.parse(String(deliveryReport.body)), ...ids }),
  };
  return toWire(webhook, key, date);
}

/** Sends a request that must be accepted. @returns the id that was answered */
export async function expectAccepted({ stack }: Run, request: WireRequest): Promise<string> {
  const answer = await stack.send(request);
  assert.equal(answer.status, 202, await describe({ stack }, answer));
  return JSON.parse(answer.body).id;
}

/** Sends a request that must be accepted, and receives its event, verified with only the message and the keys. */
export async function expectQueued(run: Run, request: WireRequest): Promise<ConsumedEvent> {
  const id = await expectAccepted(run, request);
  return expectOnQueue(run, request, id);
}

/** Receives the only event in the queue, which must be that of the request. */
export async function expectOnQueue(run: Run, request: WireRequest, id: string): Promise<ConsumedEvent> {
  const events = await receive(run);
  const [event] = events;
  assert.ok(event !== undefined && events.length === 1, `the queue has ${events.length} messages instead of one`);
  assert.ok(event.reverified, 'the signature of the queued event does not verify');
  assert.equal(event.event.id, id, 'the queued event has another id than was answered');
  assert.equal(event.signed?.target, request.target, 'the queued event has another target than was sent');
  assert.ok(
    request.body.equals(event.signed?.body ?? Buffer.alloc(0)),
    'the queued event has another body than was sent',
  );
  run.noteVerified();
  return event;
}

/** Sends a request that must be refused for exactly this reason, with nothing queued. */
export async function expectRefused(run: Run, request: WireRequest, reason: RejectionReason): Promise<void> {
  const { length: before } = await run.stack.outcomes();
  const answer = await run.stack.send(request);
  assert.equal(answer.status, 401, await describe(run, answer));
  assert.equal(answer.body, '{"error":"unauthorized"}', 'the answer tells more than it should');
  await until('the refusal is in the log', async () => (await run.stack.outcomes()).length > before);
  assert.equal((await run.stack.outcomes()).at(-1)?.reason, reason, 'it was refused for another reason');
  await expectNothingQueued(run);
}

/** Empties the queue. @param keyring the secret's value, if other keys than those of the run signed */
export async function receiveAll(run: Run, keyring?: string): Promise<ConsumedEvent[]> {
  const keys = keyring === undefined ? run.keys : parseKeyring(keyring).keys;
  const events: ConsumedEvent[] = [];
  for (;;) {
    const some = await receive(run, keys);
    if (some.length === 0) return events;
    events.push(...some);
  }
}

export async function expectNothingQueued(run: Run): Promise<void> {
  assert.equal((await receive(run)).length, 0, 'something was queued');
}

/** Waits until the function may look for a new key again. A request can make it read the keyring once in 3 s. */
export async function keyringInterval(): Promise<void> {
  await sleep(3_000);
}

function receive({ clients, stack, keys: own }: Run, keys = own): Promise<ConsumedEvent[]> {
  return consume(clients.sqs, stack.queueUrl, keys, fetchFromS3(clients.s3, stack.overflowBucket));
}

async function describe({ stack }: Pick<Run, 'stack'>, { status, body }: DeliveryAnswer): Promise<string> {
  const { reason = 'no reason' } = (await stack.outcomes()).at(-1) ?? {};
  return `answered ${status} ${body}; the function logged: ${reason}`;
}
