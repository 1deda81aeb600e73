import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalQueue, startQueue } from '../../../sandbox/aws/queue.ts';
import { type StandIns, startStandIns } from './stand-ins.ts';

let standIns: StandIns;
let fauxqs: LocalQueue;
beforeAll(async () => {
  [standIns, fauxqs] = await Promise.all([startStandIns({}), startQueue()]);
});
afterAll(() => Promise.all([standIns.close(), fauxqs.close()]));

/** How a queue answers the deployed client: with an id, or with the name of an error. */
async function outcomeOf(client: SQSClient, QueueUrl: string, MessageBody: string, id: string): Promise<string> {
  const ids = { MessageGroupId: 'g', MessageDeduplicationId: id };
  return client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...ids })).then(
    ({ MessageId }) => (MessageId ? 'accepted' : 'nothing'),
    // fauxqs gives it the prefix of SQS's older protocol; the service model has none. The receiver knows both.
    (error: Error) => error.name.replace('AWS.SimpleQueueService.', ''),
  );
}

/** The edges of what SQS takes, by its API reference. */
const edges = [
  '\u0000',
  '\u0008',
  '\t',
  '\n',
  '\u000b',
  '\r',
  '\u000e',
  '\u001f',
  ' ',
  '\ud7ff',
  '\ue000',
  '\ufffd',
  '\ufffe',
];

test.each([...edges, '\uffff', '\u{10000}', '\u{10ffff}'])(
  'the queue without memory takes and refuses %j as fauxqs does, which others wrote',
  async (character) => {
    const config = {
      region: 'us-east-1',
      credentials: localCredentials,
      useQueueUrlAsEndpoint: false,
      md5: false as const,
    };
    const client = new SQSClient({ ...config, endpoint: String(standIns.environment.AWS_ENDPOINT_URL_SQS) });
    const body = `a${character}b`;
    const id = `edge-${character.codePointAt(0)}`;
    const ours = await outcomeOf(client, fauxqs.queueUrl, body, id);
    expect(ours).toBe(await outcomeOf(fauxqs.client, fauxqs.queueUrl, body, id));
    expect(standIns.takeSent()).toEqual(ours === 'accepted' ? [body] : []);
  },
);
