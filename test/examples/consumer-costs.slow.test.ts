import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from '@jest/globals';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { listen, readBody } from '../../sandbox/http.ts';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { assumed } from '../assumed.ts';
import { startReceiver } from '../received.ts';
import { makeKey } from '../support.ts';
import { toRecord } from './messages.ts';
import { consumers, startConsumer } from './process.ts';
import { startTable } from './table.ts';

/** Handles one delivery report. @returns the calls to DynamoDB, what is in the table then, and the log */
async function handleReport() {
  const table = await startTable();
  const calls: string[] = [];
  const counter = await listen(0, async (request, response) => {
    calls.push(String(request.headers['x-amz-target']).replace(/^.*\./, ''));
    const headers = Object.entries(request.headers).filter(([name]) =>
      /^(x-amz-|authorization|content-type)/.test(name),
    );
    const body = await readBody(request);
    const answer = await fetch(table.url, { method: 'POST', headers: headers as [string, string][], body: body ?? '' });
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(await answer.text());
  });
  const consumer = startConsumer(
    consumers.typescript,
    {
      PATH: process.env.PATH ?? '',
      // As long as the name that CloudFormation gives the function.
      AWS_LAMBDA_FUNCTION_NAME: 'MessageMediaConsumer-ConsumerFunction0B7E5D4C-aBcDeFgHiJkL',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
      AWS_ENDPOINT_URL_DYNAMODB: counter.url,
      IDEMPOTENCY_TABLE: table.tableName,
    },
    () => {},
  );
  const client = new DynamoDBClient({ endpoint: table.url, region: 'us-east-1', credentials: localCredentials });
  try {
    const { body, groupId } = await startReceiver(makeKey())(sampleWebhooks('/messagemedia').deliveryReport);
    const message = { messageId: 'df3c1b2e-8f6a-4f0e-9b1d-0c2f5a7e9d11', receiptHandle: 'handle', body, md5OfBody: '' };
    const answer = await consumer.invoke({ Records: [toRecord(message, { MessageGroupId: groupId })] });
    expect(answer.batchItemFailures).toEqual([]);
    const { Items = [] } = await client.send(new ScanCommand({ TableName: table.tableName }));
    return { calls, records: Items, log: consumer.log.filter((line) => line.includes('"eventId"')) };
  } finally {
    client.destroy();
    await consumer.close();
    await counter.close();
    await table.close();
  }
}

const near = (measured: number, assumed: number) => {
  expect(measured).toBeGreaterThan(assumed * 0.8);
  expect(measured).toBeLessThan(assumed * 1.2);
};

test('the example consumer writes as much as docs/costs.md says', async () => {
  const { calls, records, log } = await handleReport();
  expect(calls).toHaveLength(assumed.consumer.writes);
  expect(calls.filter((call) => !/^(?:Put|Update)Item$/.test(call))).toEqual([]);
  expect(records).toHaveLength(1);
  // An attribute is as large as its name and its value. A number takes a byte for two digits, and one more.
  const sizes = Object.entries(records[0] ?? {}).map(
    ([name, { S, N }]) => name.length + (S === undefined ? Math.ceil((N?.length ?? 0) / 2) + 1 : Buffer.byteLength(S)),
  );
  near(
    sizes.reduce((sum, size) => sum + size, 100),
    assumed.consumer.record,
  );
  near(
    log.reduce((sum, line) => sum + Buffer.byteLength(line), 0),
    assumed.consumer.log,
  );
});
