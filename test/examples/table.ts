import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type AttributeValue, CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import type { LocalServer } from '../../sandbox/http.ts';

/** A DynamoDB on this machine with the table that the consumers need. */
export interface LocalTable extends LocalServer {
  tableName: string;
  put: (item: Record<string, AttributeValue>) => Promise<void>;
}

/** Starts dynalite on a free port. */
export async function startTable(): Promise<LocalTable> {
  const server = dynalite({ createTableMs: 0 }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tableName = 'idempotency';
  const client = new DynamoDBClient({ endpoint: url, region: 'us-east-1', credentials: localCredentials });
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    }),
  );
  const put = async (Item: Record<string, AttributeValue>) => {
    await client.send(new PutItemCommand({ TableName: tableName, Item }));
  };
  const close = async () => {
    client.destroy();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    server.close(resolve);
    server.closeAllConnections();
    await promise;
  };
  return { url, tableName, put, close };
}
