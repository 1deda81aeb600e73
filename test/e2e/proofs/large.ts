import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { toQueueMessage } from '../../../lambda/event/queue-message.ts';
import { type SigningKey, toWire, type WireRequest } from '../../../signing/sender.ts';
import type { Proof, Run } from '../proof.ts';
import { expectQueued, samples } from '../webhooks.ts';

/** Most bytes that SQS takes as one message. */
export const limit = 1_048_576;

/** An MMS reply with an attachment of this many bytes, before base64. */
export function mms(run: Run, bytes: number, key: SigningKey = run.firstKey, date = new Date()): WireRequest {
  const { mmsReply } = samples(run);
  const [attachment] = JSON.parse(String(mmsReply.body)).attachments;
  const content = Buffer.alloc(bytes, 'attachment').toString('base64');
  const ids = { reply_id: randomUUID(), message_id: randomUUID() };
  const reply = { ...JSON.parse(String(mmsReply.body)), ...ids, attachments: [{ ...attachment, content }] };
  return toWire({ ...mmsReply, body: JSON.stringify(reply) }, key, date);
}

/** A reply whose event would have exactly this many bytes in one message. */
export function replyOf(run: Run, bytes: number, key: SigningKey = run.firstKey, date = new Date()): WireRequest {
  const ids = { reply_id: randomUUID(), message_id: randomUUID() };
  const write = (length: number) =>
    toWire({ ...samples(run).smsReply, body: JSON.stringify({ ...ids, content: 'x'.repeat(length) }) }, key, date);
  const { method, target, headers, body } = write(0);
  const request = { method, target, body, date: headers.date ?? '', contentType: headers['content-type'] };
  const proof = { signature: headers['x-messagemedia-signature'] ?? '', digest: key.digest };
  const message = toQueueMessage({ ...request, ...proof, keyId: key.id, requestId: '' });
  return write(bytes - Buffer.byteLength(message.body));
}

export const large: Proof = {
  claim: 'MMS reply with an attachment of 3 MB, a request of 4 MB',
  prove: async (run) => {
    const request = mms(run, 3_000_000);
    assert.ok(request.body.length > 4_000_000);
    const { event } = await expectQueued(run, request);
    assert.match(String(event.dataref), /^s3:\/\//);
    return '202, its event on the queue, its data in S3, byte for byte, verified again from both';
  },
};
