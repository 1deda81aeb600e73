import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { maxPublishBytes } from '../../../examples/fan-out/forward.ts';
import { toQueueMessage } from '../../../lambda/event/queue-message.ts';
import { openQueuedEvent } from '../../../lambda/event/queued-event.ts';
import { reverify } from '../../../lambda/event/reverify.ts';
import { fetchFromS3 } from '../../../lambda/event/s3-data.ts';
import { withFreshIds } from '../../../signing/sample-webhooks.ts';
import { toWire, type Webhook, type WireRequest } from '../../../signing/sender.ts';
import type { Proof, Run } from '../proof.ts';
import { expectAccepted, samples } from '../webhooks.ts';
import { limit, replyOf } from './large.ts';

const app = 'examples/fan-out/app.ts';

/** A run in which a message takes this long to its readers has failed, in milliseconds. */
const patience = 60_000;

/** What readers must get for an accepted request: the event as the receiver makes it, or its claim check. */
function messageFor(run: Run, { method, target, headers, body }: WireRequest, id: string): string {
  const request = { method, target, body, date: headers.date ?? '', contentType: headers['content-type'] };
  const proof = { signature: headers['x-messagemedia-signature'] ?? '', digest: run.firstKey.digest };
  const verified = { ...request, ...proof, keyId: run.firstKey.id, requestId: id };
  const whole = toQueueMessage(verified).body;
  if (Buffer.byteLength(whole) <= maxPublishBytes) return whole;
  const key = createHash('sha256').update(body).digest('hex');
  return toQueueMessage(verified, { dataref: `s3://${run.stack.overflowBucket}/${key}` }).body;
}

/** Three reports about one message. */
function reportsOf(run: Run): Webhook[] {
  const message_id = randomUUID();
  return ['enroute', 'submitted', 'delivered'].map((status) => {
    const { body, ...webhook } = withFreshIds(samples(run).deliveryReport);
    return { ...webhook, body: JSON.stringify({ ...JSON.parse(String(body)), message_id, status }) };
  });
}

/** Sends a webhook. @returns what readers must get */
async function send(run: Run, request: WireRequest): Promise<string> {
  return messageFor(run, request, await expectAccepted(run, request));
}

/** Takes everything from a reader's queue, until it has given as many messages as expected and then nothing. */
async function takeAll({ clients: { sqs } }: Run, queueUrl: string, expected: number): Promise<string[]> {
  const messages: string[] = [];
  for (const giveUp = Date.now() + patience; ; await sleep(50)) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
    );
    for (const { Body = '', ReceiptHandle } of Messages) {
      messages.push(Body);
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    }
    if (Messages.length === 0 && messages.length >= expected) return messages;
    assert.ok(Date.now() < giveUp, `${queueUrl} has ${messages.length} of ${expected} messages`);
  }
}

export const fanOut: Proof = {
  claim: 'three readers, each with a queue of its own',
  prove: async (run) => {
    const { AuditQueueUrl, AnalyticsQueueUrl, SupportQueueUrl } = await run.cdk.deployExample(app, {
      customerManagedKey: 'true',
    });
    assert.ok(AuditQueueUrl && AnalyticsQueueUrl && SupportQueueUrl, 'an output is missing');

    const reports = reportsOf(run);
    const webhooks = [...Object.values(samples(run)).map(withFreshIds), ...reports];
    const sent: string[] = [];
    for (const webhook of webhooks) sent.push(await send(run, toWire(webhook, run.firstKey)));
    const inOrder = sent.slice(-reports.length);
    for (const bytes of [limit, limit + 1]) sent.push(await send(run, replyOf(run, bytes)));

    const expected = [...sent].sort();
    const audit = await takeAll(run, AuditQueueUrl, sent.length);
    assert.deepEqual([...audit].sort(), expected, 'the first reader got something else');
    assert.equal(audit.filter((message) => message.includes(',"dataref":')).length, 1);
    assert.deepEqual(
      audit.filter((message) => inOrder.includes(message)),
      inOrder,
      'the reports about one message came in another order',
    );
    const fetchData = fetchFromS3(run.clients.s3, run.stack.overflowBucket);
    for (const message of audit) {
      assert.equal(reverify(await openQueuedEvent(message, fetchData), run.keys), 'good', message);
    }
    assert.deepEqual((await takeAll(run, AnalyticsQueueUrl, sent.length)).sort(), expected);
    const replies = expected.filter((message) => /"type":"com\.messagemedia\.(reply|opt_out)"/.test(message));
    assert.deepEqual((await takeAll(run, SupportQueueUrl, replies.length)).sort(), replies);

    await run.cdk.destroy('MessageMediaFanOut');
    return `${sent.length} webhooks of every kind are once in two of them, in order, byte for byte, and verify again; one of 1 MiB too; one above it has its data in S3; the third has only the ${replies.length} that people wrote`;
  },
};
