import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, expect, test } from '@jest/globals';
import type { QueueMessage } from '../../../lambda/event/queue-message.ts';
import { createQueueSender, queueSettings } from '../../../lambda/event/queue-sender.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalServer, listen, readBody } from '../../../sandbox/http.ts';

const QueueUrl = 'https://sqs.eu-west-1.amazonaws.com/000000000000/events.fifo';
const message: QueueMessage = {
  ...{ id: 'i', type: 'com.messagemedia.reply', body: '{"id":"i"}', groupId: 'group', deduplicationId: 'once' },
  ...{ dataContentType: undefined, unrendered: [] },
};

let sqs: LocalServer;
let client: SQSClient;
let asked: unknown[];
afterEach(async () => {
  client.destroy();
  await sqs.close();
});

/** A queue that gives each message the same answer, or none. @param deadline in milliseconds */
async function senderTo(queueUrl: string, answer: string | undefined, deadline = 10_000) {
  asked = [];
  sqs = await listen(0, async (request, response) => {
    asked.push(JSON.parse(String(await readBody(request))));
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    if (answer === undefined) response.flushHeaders();
    else response.end(answer);
  });
  const settings = { endpoint: sqs.url, region: 'eu-west-1', credentials: localCredentials };
  client = new SQSClient({ ...settings, ...queueSettings });
  return createQueueSender(client, queueUrl, deadline);
}

test('a FIFO queue gets the ids by which it orders messages and drops repetitions', async () => {
  // No MD5 is computed, which FIPS does not allow: the client would find this one wrong.
  const send = await senderTo(QueueUrl, `{"MessageId":"m","MD5OfMessageBody":"${'0'.repeat(32)}"}`);
  await expect(send(message)).resolves.toBeUndefined();
  const ids = { MessageGroupId: 'group', MessageDeduplicationId: 'once' };
  expect(asked).toEqual([{ QueueUrl, MessageBody: '{"id":"i"}', ...ids }]);
});

test.each(['https://sqs.eu-west-1.amazonaws.com/000000000000/events', 'https://sqs.fifo/000000000000/events'])(
  'a standard queue gets no ids, which it would refuse: %s',
  async (queueUrl) => {
    const send = await senderTo(queueUrl, '{"MessageId":"m"}');
    await send(message);
    expect(asked).toEqual([{ QueueUrl: queueUrl, MessageBody: '{"id":"i"}' }]);
  },
);

test.each(['{}', '{"MessageId":""}'])('an answer without the id of a message is a failure: %s', async (answer) => {
  const send = await senderTo(QueueUrl, answer);
  const problem = 'SQS answered without a MessageId, so the event may not be queued';
  await expect(send(message)).rejects.toThrow(problem);
});

test('a queue that does not finish its answer by the deadline is a failure', async () => {
  const send = await senderTo(QueueUrl, undefined, 50);
  await expect(send(message)).rejects.toThrow(/aborted/i);
});

test('without a deadline a send is not ended', async () => {
  await senderTo(QueueUrl, '{"MessageId":"m"}');
  await expect(createQueueSender(client, QueueUrl)(message)).resolves.toBeUndefined();
});
