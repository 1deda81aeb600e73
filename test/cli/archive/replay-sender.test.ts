import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, expect, test } from '@jest/globals';
import { createReplaySender } from '../../../cli/archive/replay-sender.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalServer, listen, readBody } from '../../../sandbox/http.ts';

interface Entry {
  Id: string;
  MessageBody: string;
  MessageGroupId?: string;
}
/** An SQS that takes some entries of a batch and not others, which the local one never does. */
let server: LocalServer;
let client: SQSClient;
/** @param mostBytes that it takes of a batch */
async function start(fails: (entry: Entry, call: number) => object | undefined, mostBytes = Number.POSITIVE_INFINITY) {
  const batches: string[][] = [];
  const taken: string[] = [];
  server = await listen(0, async (request, response) => {
    const { Entries }: { Entries: Entry[] } = JSON.parse(String(await readBody(request)));
    const call = batches.push(Entries.map(({ MessageBody }) => MessageBody.slice(0, 10)));
    if (Entries.reduce((sum, { MessageBody }) => sum + MessageBody.length, 0) > mostBytes) {
      const __type = 'com.amazonaws.sqs#BatchRequestTooLong';
      response.writeHead(400).end(JSON.stringify({ __type, message: 'Batch requests cannot be longer' }));
      return;
    }
    const failed = Entries.map((entry) => ({ entry, failure: fails(entry, call) }));
    const Failed = failed.flatMap(({ entry, failure }) => (failure ? [{ Id: entry.Id, ...failure }] : []));
    const Successful = failed.flatMap(({ entry, failure }) => {
      if (failure) return [];
      taken.push(entry.MessageBody);
      return [{ Id: entry.Id, MessageId: 'm', MD5OfMessageBody: 'none' }];
    });
    response
      .writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
      .end(JSON.stringify({ Failed, Successful }));
  });
  client = new SQSClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: localCredentials,
    useQueueUrlAsEndpoint: false,
    md5: false,
  });
  const waits: number[] = [];
  const send = createReplaySender(client, `${server.url}/0/events.fifo`, async (milliseconds) =>
    waits.push(milliseconds),
  );
  return { batches, taken, waits, send };
}
afterEach(async () => {
  client.destroy();
  await server.close();
});

const message = (body: string, groupId = body) => ({ id: `id-${body}`, body, groupId, deduplicationId: body });

test('an entry that SQS did not take is sent again before the next of its group', async () => {
  const busy = { Code: 'InternalError', SenderFault: false };
  const { taken, waits, send } = await start(({ MessageBody }, call) =>
    MessageBody === 'a1' && call < 3 ? busy : undefined,
  );
  await send([message('a1', 'a'), message('a2', 'a'), message('b1', 'b'), message('a3', 'a')]);
  expect(taken).toEqual(['b1', 'a1', 'a2', 'a3']);
  expect(waits).toEqual([100, 200]);
});

test('what SQS refuses for a reason that may concern all, or does not take after eight tries, is an error', async () => {
  const refusal = { Code: 'KmsAccessDenied', Message: 'no key', SenderFault: true };
  const first = await start(({ MessageBody }) => (MessageBody === 'b' ? refusal : undefined));
  await expect(first.send([message('a'), message('b')])).rejects.toThrow(
    'SQS did not accept event id-b: KmsAccessDenied no key',
  );
  expect(first.taken).toEqual(['a']);
  client.destroy();
  await server.close();
  const second = await start(() => ({ Code: 'InternalError', SenderFault: false }));
  await expect(second.send([message('a')])).rejects.toThrow('SQS did not accept event id-a: InternalError');
  expect(second.waits).toHaveLength(7);
});

test('what SQS refuses of one event is told with its id, and the others are sent', async () => {
  const refusal = { Code: 'InvalidMessageContents', Message: 'no XML', SenderFault: true };
  const { taken, send } = await start(({ MessageBody }) => (MessageBody === 'b' ? refusal : undefined));
  expect(await send([message('a'), message('b'), message('c', 'b')])).toEqual([
    { message: expect.objectContaining({ id: 'id-b' }), reason: 'InvalidMessageContents no XML' },
  ]);
  expect(taken).toEqual(['a', 'c']);
});

const long = {
  Code: 'InvalidParameterValue',
  Message: 'One or more parameters are invalid. Reason: Message must be shorter than 262144 bytes.',
  SenderFault: true,
};

test('a message that is too long for the queue is sent without its data, before the next of its group', async () => {
  const { taken, waits, send } = await start(({ MessageBody }) => (MessageBody.length > 2 ? long : undefined));
  const first = { ...message('long', 'a'), offload: async () => message('s3', 'a') };
  expect(await send([first, message('a2', 'a'), message('b1', 'b')])).toEqual([]);
  expect(taken).toEqual(['b1', 's3', 'a2']);
  expect(waits).toEqual([]);
  const stillLong = { ...message('long', 'a'), offload: async () => message('not short', 'a') };
  expect(await send([stillLong, message('c1', 'c')])).toEqual([
    { message: expect.objectContaining({ id: 'id-not short' }), reason: `InvalidParameterValue ${long.Message}` },
  ]);
  const noBucket = { ...message('long', 'a'), offload: () => Promise.reject(new Error('give --stack')) };
  await expect(send([noBucket])).rejects.toThrow('give --stack');
});

test('a batch that is too long for the queue is sent in parts', async () => {
  const { batches, taken, send } = await start(() => undefined, 3);
  expect(await send([message('a'), message('b'), message('c'), message('dd')])).toEqual([]);
  expect(taken.toSorted()).toEqual(['a', 'b', 'c', 'dd']);
  expect(batches.map(({ length }) => length)).toEqual([4, 2, 2]);
  const tooLong = { ...message('long'), offload: async () => message('s3') };
  expect(await send([tooLong, { ...message('other'), offload: async () => message('four') }])).toEqual([
    {
      message: expect.objectContaining({ id: 'id-four' }),
      reason: 'BatchRequestTooLong Batch requests cannot be longer',
    },
  ]);
  expect(taken).toContain('s3');
});

test('a batch has ten messages and a mebibyte at the most', async () => {
  const { batches, send } = await start(() => undefined);
  await send(Array.from({ length: 25 }, (_, index) => message(String(index))));
  expect(batches.map(({ length }) => length).sort()).toEqual([10, 10, 5]);
  batches.length = 0;
  await send(['a', 'b', 'c'].map((letter) => message(letter.repeat(500_000))));
  expect(batches.map(({ length }) => length).sort()).toEqual([1, 2]);
});
