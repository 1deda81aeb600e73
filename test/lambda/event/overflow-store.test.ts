import { createHash } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { createOverflowStore } from '../../../lambda/event/overflow-store.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalServer, listen, readBody } from '../../../sandbox/http.ts';

const data = Buffer.from([0, 255, 10, 13, 123]);
const hash = createHash('sha256').update(data).digest('hex');

let s3: LocalServer;
let stored: unknown[];
afterEach(() => s3.close());

/** An S3 that answers with these headers, or not at all. @param deadline in milliseconds */
async function storeIn(headers: Record<string, string> | undefined, deadline = 10_000) {
  stored = [];
  s3 = await listen(0, async (request, response) => {
    const { method, url = '', headers: sent } = request;
    stored.push([method, url.replace(/\?.*/, ''), sent['content-type'], await readBody(request)]);
    if (headers !== undefined) response.writeHead(200, headers).end();
  });
  const settings = { endpoint: s3.url, region: 'eu-west-1', credentials: localCredentials, forcePathStyle: true };
  return createOverflowStore('large', settings, deadline);
}

test('data is stored to the byte, under the hash of its content, with its media type', async () => {
  const store = await storeIn({ etag: '"e"' });
  expect(await store(data, 'image/png')).toBe(`s3://large/${hash}`);
  expect(stored).toEqual([['PUT', `/large/${hash}`, 'image/png', data]]);
});

test('an answer without an ETag is a failure', async () => {
  const store = await storeIn({});
  const problem = 'S3 answered without an ETag, so it is not known to have the data';
  await expect(store(data, undefined)).rejects.toThrow(problem);
});

test('an S3 that does not answer by the deadline is a failure', async () => {
  const store = await storeIn(undefined, 50);
  await expect(store(data, undefined)).rejects.toMatchObject({ name: 'AbortError' });
});
