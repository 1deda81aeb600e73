import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createArchiveStore } from '../../../lambda/archive/archive-store.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalServer, listen, readBody } from '../../../sandbox/http.ts';

let proxy: LocalServer;
beforeAll(async () => {
  proxy = await listen(0, async (request, response) => {
    await readBody(request);
    response.writeHead(200).end('<html></html>');
  });
});
afterAll(() => proxy.close());

test.each([
  ['events', (store: Store) => store.putEvents('events', Buffer.from('event'))],
  ['public keys', (store: Store) => store.putKeys('keys', '{}')],
  ['the data of a large event', (store: Store) => store.copyData(`s3://overflow/${'0'.repeat(64)}`)],
])('%s are not stored when something else answers in the place of S3', async (_what, put) => {
  const buckets = { bucket: 'archive', overflowBucket: 'overflow' };
  const client = { endpoint: proxy.url, region: 'us-east-1', credentials: localCredentials };
  await expect(put(createArchiveStore(buckets, client))).rejects.toThrow('without an ETag');
});

type Store = ReturnType<typeof createArchiveStore>;
