import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, expect, test } from '@jest/globals';
import { createReplaySender } from '../../../cli/archive/replay-sender.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalServer, listen, readBody } from '../../../sandbox/http.ts';

/** An SQS that refuses some messages, which the local one never does. */
let server: LocalServer;
let client: SQSClient;
async function start(fails: (body: string, call: number) => { __type: string; message?: string } | undefined) {
  const taken: string[] = [];
  let calls = 0;
  server = await listen(0, async (request, response) => {
    const { MessageBody } = JSON.parse(String(await readBody(request)));
    const failure = fails(MessageBody, ++calls);
    if (failure === undefined) taken.push(MessageBody);
    response
      .writeHead(failure ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' })
      .end(JSON.stringify(failure ?? { MessageId: 'm' }));
  });
  client = new SQSClient({
    ...{ endpoint: server.url, region: 'us-east-1', credentials: localCredentials },
    ...{ useQueueUrlAsEndpoint: false, md5: false },
  });
  return { taken, send: createReplaySender(client, `${server.url}/0/events.fifo`) };
}
afterEach(async () => {
  client.destroy();
  await server.close();
});

const message = (body: string, groupId = body) => ({ id: `id-${body}`, body, groupId, deduplicationId: body });

test('a message that SQS does not take at once is sent again before the next of its group', async () => {
  const { taken, send } = await start((body, call) =>
    body === 'a1' && call < 4 ? { __type: 'ThrottlingException' } : undefined,
  );
  expect(await send([message('a1', 'a'), message('a2', 'a'), message('b1', 'b'), message('a3', 'a')])).toEqual([]);
  expect(taken).toEqual(['b1', 'a1', 'a2', 'a3']);
});

test('what SQS refuses for a reason that may concern all is an error, once the other groups are sent', async () => {
  const { taken, send } = await start((body) =>
    body === 'b' ? { __type: 'KmsAccessDenied', message: 'no key' } : undefined,
  );
  await expect(send([message('b'), message('a'), message('c', 'b')])).rejects.toThrow('no key');
  expect(taken).toEqual(['a']);
});

test('what SQS refuses of one event is told, and the others are sent', async () => {
  const { taken, send } = await start((body) =>
    body === 'b' ? { __type: 'InvalidMessageContents', message: 'no XML' } : undefined,
  );
  expect(await send([message('a'), message('b'), message('c', 'b')])).toEqual([
    { message: expect.objectContaining({ id: 'id-b' }), reason: 'InvalidMessageContents: no XML' },
  ]);
  expect(taken.toSorted()).toEqual(['a', 'c']);
});

test('a message that is too long for the queue is sent without its data, before the next of its group', async () => {
  const long = { __type: 'InvalidParameterValue', message: 'Reason: Message must be shorter than 262144 bytes.' };
  const { taken, send } = await start((body) => (body.length > 2 ? long : undefined));
  const first = { ...message('long', 'a'), offload: async () => message('s3', 'a') };
  expect(await send([first, message('a2', 'a')])).toEqual([]);
  expect(taken).toEqual(['s3', 'a2']);
  const stillLong = { ...message('long', 'a'), offload: async () => message('not short', 'a') };
  expect(await send([stillLong, message('c1', 'c')])).toMatchObject([
    { message: { id: 'id-long' }, reason: `InvalidParameterValue: ${long.message}` },
  ]);
  const noBucket = { ...message('long', 'a'), offload: () => Promise.reject(new Error('give --stack')) };
  await expect(send([noBucket])).rejects.toThrow('give --stack');
});
