import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { countMessages } from '../../../cli/queue/queues.ts';
import { showAndRemove } from '../../../cli/queue/tail.ts';
import { type LocalQueue, startQueue } from '../../../sandbox/aws/queue.ts';

let queue: LocalQueue;
beforeAll(async () => {
  queue = await startQueue();
});
afterAll(() => queue.close());

test('a message leaves the queue once it was shown; those that could not be are there at once', async () => {
  const { client, queueUrl } = queue;
  for (const id of ['1', '2', '3'])
    await client.send(
      new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: id, MessageGroupId: id, MessageDeduplicationId: id }),
    );
  const shown: string[] = [];
  const show = async ({ Body = '' }: { Body?: string | undefined }) => {
    if (shown.length === 1) throw new Error('the pipe is closed');
    shown.push(Body);
  };
  await expect(showAndRemove(client, queueUrl, show)).rejects.toThrow('the pipe is closed');
  expect(shown).toEqual(['1']);
  expect(await countMessages(client, queueUrl)).toEqual({ waiting: 2, inFlight: 0 });
});
