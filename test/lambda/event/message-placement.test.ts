import { CreateQueueCommand, ReceiveMessageCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createPlacement } from '../../../lambda/event/message-placement.ts';
import { createQueueSender } from '../../../lambda/event/queue-sender.ts';
import { type LocalQueue, startQueue } from '../../../sandbox/aws/queue.ts';

const quarter = 262_144;
let local: LocalQueue;
let queueUrl: string;
let queues = 0;
/** The bytes of every message that the queue was offered, and of every one that was written with its data. */
let offered: number[];
let written: number[];
beforeAll(async () => {
  local = await startQueue();
});
afterAll(() => local.close());
beforeEach(async () => {
  [offered, written] = [[], []];
  const Attributes = { MaximumMessageSize: String(quarter) };
  const command = new CreateQueueCommand({ QueueName: `old-${++queues}`, Attributes });
  queueUrl = (await local.client.send(command)).QueueUrl ?? '';
});

/** An event whose message has ten bytes more than its data. */
function event(dataBytes: number, offload = async (bytes: number) => ({ body: `dataref of ${bytes}` })) {
  const inline = () => {
    written.push(dataBytes + 10);
    return { body: 'x'.repeat(dataBytes + 10) };
  };
  return { dataBytes, inline, offload };
}

async function send({ body }: { body: string }): Promise<void> {
  offered.push(Buffer.byteLength(body));
  await createQueueSender(local.client, queueUrl, 10_000)({ groupId: 'g', deduplicationId: 'd', body });
}

async function take(): Promise<string[]> {
  const command = new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 });
  return ((await local.client.send(command)).Messages ?? []).map(({ Body = '' }) => Body);
}

test('the data is in the message up to the size that the queue takes, and in S3 above it', async () => {
  const place = createPlacement();
  expect((await place(event(quarter - 10), send)).body).toHaveLength(quarter);
  expect(await place(event(quarter - 9), send)).toEqual({ body: `dataref of ${quarter + 1}` });
  expect((await take()).map((body) => body.length).sort()).toEqual([`dataref of ${quarter + 1}`.length, quarter]);
});

test('only the first event above that size is refused', async () => {
  const place = createPlacement();
  await place(event(300_000), send);
  expect(offered).toEqual([300_010, 'dataref of 300010'.length]);
  await place(event(300_000), send);
  await place(event(299_999), send);
  await place(event(400_000), send);
  expect(offered.filter((bytes) => bytes > 100)).toEqual([300_010, 300_009]);
  expect(written).not.toContain(400_010);
});

test('what the queue takes again is in the message again', async () => {
  const place = createPlacement();
  await place(event(300_000), send);
  const Attributes = { MaximumMessageSize: '1048576' };
  await local.client.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes }));
  expect((await place(event(299_000), send)).body).toHaveLength(299_010);
});

test('above what SQS itself takes, nothing is tried and nothing is written', async () => {
  const place = createPlacement();
  expect(await place(event(1_048_566 + 1), send)).toEqual({ body: 'dataref of 1048577' });
  expect(await place(event(1_048_577), send)).toEqual({ body: 'dataref of 1048577' });
  // Data that just fits is written, because its size is told if there is no bucket.
  expect(await place(event(1_048_576), send)).toEqual({ body: 'dataref of 1048586' });
  expect(written).toEqual([1_048_577, 1_048_586]);
  expect(offered).toEqual([18, 18, 18]);
});

test('a size is remembered only if the same event was taken without its data', async () => {
  const place = createPlacement();
  const tooLong = 'One or more parameters are invalid. Reason: Message must be shorter than 5 bytes.';
  const refuse = () => Promise.reject(Object.assign(new Error(tooLong), { name: 'InvalidParameterValue' }));
  await expect(place(event(100), refuse)).rejects.toThrow(tooLong);
  expect((await place(event(100), send)).body).toHaveLength(110);
});

test.each([
  ['the queue refuses for another reason', 100, 'InvalidMessageContents'],
  ['there is no data to move', 0, 'InvalidParameterValue'],
])('nothing goes to S3 if %s', async (_why, dataBytes, name) => {
  const message = 'One or more parameters are invalid. Reason: Message must be shorter than 5 bytes.';
  const refusal = Object.assign(new Error(message), { name });
  const stored: number[] = [];
  const offload = async (bytes: number) => {
    stored.push(bytes);
    return { body: '' };
  };
  await expect(createPlacement()(event(dataBytes, offload), () => Promise.reject(refusal))).rejects.toBe(refusal);
  expect(stored).toEqual([]);
});
