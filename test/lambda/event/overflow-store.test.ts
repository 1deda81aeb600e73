import { createHash } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { withDeadline } from '../../../lambda/deadline.ts';
import { createOverflowStore } from '../../../lambda/event/overflow-store.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalServer, listen, readBody } from '../../../sandbox/http.ts';

const data = Buffer.from([0, 255, 10, 13, 123]);
const hash = createHash('sha256').update(data).digest('hex');

let s3: LocalServer;
let asked: unknown[];
afterEach(() => s3.close());

/** An S3 that gives each request the same answer, or none. @param deadline in milliseconds */
async function storage(status = 200, headers: Record<string, string> = {}, code?: string, deadline = 10_000) {
  asked = [];
  s3 = await listen(0, async (request, response) => {
    const { method, url = '', headers: sent } = request;
    const path = url.replace(/\?.*/, '');
    asked.push([method, path, sent['content-type'], sent['if-none-match'], await readBody(request)]);
    if (status === 0) return;
    response.writeHead(status, headers);
    response.end(code && `<Error><Code>${code}</Code><Message>as the test wants it</Message></Error>`);
  });
  const settings = { endpoint: s3.url, region: 'eu-west-1', credentials: localCredentials, forcePathStyle: true };
  return createOverflowStore('large', { ...settings, maxAttempts: 1 }, deadline);
}
const options = { abortSignal: new AbortController().signal };

test('data is stored to the byte, under the hash of its content, with its media type', async () => {
  const { store } = await storage(200, { etag: '"e"' });
  expect(await store(data, 'image/png')).toBe(`s3://large/${hash}`);
  expect(asked).toEqual([['PUT', `/large/${hash}`, 'image/png', undefined, data]]);
});

test('a captured request is stored as JSON, unless an object of its name exists', async () => {
  const { keep } = await storage(200, { etag: '"e"' });
  expect(await keep('c/000.json', '{"a":"ü"}', options)).toBe(true);
  expect(asked).toEqual([['PUT', '/large/c/000.json', 'application/json', '*', Buffer.from('{"a":"ü"}')]]);
});

test.each([
  ['exists', 412, 'PreconditionFailed'],
  ['is just being written by another function', 409, 'ConditionalRequestConflict'],
])('an object that %s is left as it is, and told of; data never is', async (_what, status, code) => {
  const { store, keep } = await storage(status, {}, code);
  expect(await keep('c/000.json', '{}', options)).toBe(false);
  await expect(store(data, undefined)).rejects.toMatchObject({ name: code });
});

test.each<[string, Parameters<typeof storage>, object]>([
  ['refuses', [403, {}, 'AccessDenied'], { name: 'AccessDenied' }],
  ['is not what answers', [200], { message: 'S3 answered without an ETag, so it is not known to have the object' }],
  ['does not answer by the deadline', [0, {}, undefined, 50], { name: 'AbortError' }],
])('an S3 that %s is a failure', async (_what, answer, error) => {
  const { store, keep } = await storage(...answer);
  await expect(store(data, undefined)).rejects.toMatchObject(error);
  await expect(withDeadline(50, (deadline) => keep('c', '{}', deadline))).rejects.toMatchObject(error);
});
