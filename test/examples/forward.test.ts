import type { PublishBatchRequestEntry, PublishBatchResponse } from '@aws-sdk/client-sns';
import { describe, expect, test } from '@jest/globals';
import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { forward, maxPublishBytes } from '../../examples/fan-out/forward.ts';
import { toRecord } from './messages.ts';

/** A record whose message has so many bytes. Two of a group never have the same deduplication id. */
function record(group: string, index: number, bytes = 10): SQSRecord {
  const ids = { MessageGroupId: group, MessageDeduplicationId: `${group}-${index}` };
  const body = 'x'.repeat(bytes);
  return toRecord({ messageId: `id-${group}-${index}`, receiptHandle: '', md5OfBody: '', body }, ids);
}

/** What a topic does with a batch: it takes some entries, or the call fails. */
type Mood = readonly boolean[] | 'fails' | 'says nothing' | 'refuses a large one';

const moods: fc.Arbitrary<Mood> = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }) },
  fc.constant<Mood>('fails'),
  fc.constant<Mood>('says nothing'),
);

/** A topic that takes what its mood lets through. No emulator takes a batch in part. */
function startTopic(batches: PublishBatchRequestEntry[][], taken: string[], next: () => Mood) {
  return async (entries: PublishBatchRequestEntry[]): Promise<PublishBatchResponse> => {
    batches.push(entries);
    const mood = next();
    if (mood === 'fails') throw new Error('an outage');
    if (mood === 'says nothing') return {};
    if (mood === 'refuses a large one') {
      const isLarge = ({ Message = '' }: PublishBatchRequestEntry) => Message.length > 262_144;
      if (entries.some(isLarge)) throw Object.assign(new Error('too long'), { name: 'InvalidParameterException' });
    }
    const isTaken = (_entry: unknown, index: number) => typeof mood === 'string' || (mood[index] ?? true);
    const Successful = entries.filter(isTaken);
    taken.push(...Successful.map(({ MessageDeduplicationId = '' }) => MessageDeduplicationId));
    const Failed = entries.filter((entry) => !Successful.includes(entry));
    return {
      Successful: Successful.map(({ Id }) => ({ Id })),
      Failed: Failed.map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false })),
    };
  };
}

const messages = fc.array(
  fc.record({
    group: fc.constantFrom('a', 'b', 'c', 'd'),
    bytes: fc.constantFrom(1, 100_000, 600_000, maxPublishBytes),
  }),
  { minLength: 1, maxLength: 10 },
);

describe('forwarding', () => {
  test('loses nothing and keeps the order of each group, whatever the topic takes', async () => {
    await fc.assert(
      fc.asyncProperty(messages, fc.array(moods, { maxLength: 12 }), async (sent, changing) => {
        const records = sent.map(({ group, bytes }, index) => record(group, index, bytes));
        const batches: PublishBatchRequestEntry[][] = [];
        const taken: string[] = [];
        const publish = startTopic(batches, taken, () => changing.shift() ?? []);
        for (let queue = records; queue.length > 0; ) {
          const failed: string[] = [];
          const left = await forward(queue, { publish, failed: (id) => failed.push(id) });
          expect(failed).toEqual(left);
          const took = queue.filter(({ messageId }) => !left.includes(messageId));
          expect(took.every(({ attributes }) => taken.includes(attributes.MessageDeduplicationId ?? ''))).toBe(true);
          queue = queue.filter((each) => !took.includes(each));
        }
        for (const group of ['a', 'b', 'c', 'd']) {
          const of = (ids: string[]) => ids.filter((id) => id.startsWith(group));
          expect(of(taken)).toEqual(of(records.map(({ attributes }) => attributes.MessageDeduplicationId ?? '')));
        }
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(10);
          const bytes = batch.reduce((sum, { Message = '' }) => sum + Buffer.byteLength(Message), 0);
          expect(bytes).toBeLessThanOrEqual(maxPublishBytes);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('publishes ten small messages of ten groups at once', async () => {
    const batches: PublishBatchRequestEntry[][] = [];
    const records = Array.from({ length: 10 }, (_, index) => record(`g${index}`, 0));
    const publish = startTopic(batches, [], () => []);
    expect(await forward(records, { publish, failed: () => {} })).toEqual([]);
    expect(batches.map((batch) => batch.length)).toEqual([10]);
  });

  test('publishes a message of 1 MiB as it is', async () => {
    const taken: string[] = [];
    const publish = startTopic([], taken, () => []);
    expect(await forward([record('a', 0, 1_048_576)], { publish, failed: () => {} })).toEqual([]);
    expect(taken).toEqual(['a-0']);
  });

  test('keeps back only the group of a message that the topic refuses, whatever is in its batch', async () => {
    const records = [record('a', 0, 262_145), record('b', 0), record('a', 1), record('c', 0)];
    const taken: string[] = [];
    const errors: [string, unknown][] = [];
    const left = await forward(records, {
      publish: startTopic([], taken, () => 'refuses a large one'),
      failed: (id, error) => errors.push([id, error]),
    });
    expect(left).toEqual(['id-a-0', 'id-a-1']);
    expect(taken).toEqual(['b-0', 'c-0']);
    expect(errors).toEqual([
      ['id-a-0', new Error('too long')],
      ['id-a-1', undefined],
    ]);
  });

  test('asks a topic that is away once for each batch', async () => {
    const batches: PublishBatchRequestEntry[][] = [];
    const records = [record('a', 0), record('b', 0)];
    const publish = startTopic(batches, [], () => 'fails');
    expect(await forward(records, { publish, failed: () => {} })).toHaveLength(2);
    expect(batches).toHaveLength(1);
  });
});
