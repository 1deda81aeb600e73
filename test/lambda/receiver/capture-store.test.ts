import { afterEach, expect, test } from '@jest/globals';
import { withDeadline } from '../../../lambda/deadline.ts';
import { createCaptureStore } from '../../../lambda/receiver/capture-store.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalServer, listen, readBody } from '../../../sandbox/http.ts';

let s3: LocalServer;
let asked: unknown[];
afterEach(() => s3.close());
const options = { abortSignal: new AbortController().signal };

/** An S3 that gives each request the same answer. */
async function putTo([status, headers, code]: [number, Record<string, string>, string?]) {
  asked = [];
  s3 = await listen(0, async (request, response) => {
    const { method, url = '', headers: sent } = request;
    const path = url.replace(/\?.*/, '');
    asked.push([method, path, sent['content-type'], sent['if-none-match'], String(await readBody(request))]);
    if (status === 0) return;
    response.writeHead(status, headers);
    response.end(code && `<Error><Code>${code}</Code><Message>as the test wants it</Message></Error>`);
  });
  const settings = { endpoint: s3.url, region: 'eu-west-1', credentials: localCredentials, forcePathStyle: true };
  return createCaptureStore('captures', { ...settings, maxAttempts: 1 });
}

test('a request is stored as JSON, unless an object of its name exists', async () => {
  const put = await putTo([200, { etag: '"e"' }]);
  expect(await put('c/000.json', '{"a":"ü"}', options)).toBe(true);
  expect(asked).toEqual([['PUT', '/captures/c/000.json', 'application/json', '*', '{"a":"ü"}']]);
});

test.each([
  ['exists', 412, 'PreconditionFailed'],
  ['is just being written by another function', 409, 'ConditionalRequestConflict'],
])('an object that %s is left as it is, and told of', async (_what, status, code) => {
  const put = await putTo([status, {}, code]);
  expect(await put('c/000.json', '{}', options)).toBe(false);
});

test.each([
  ['refuses', 403, 'AccessDenied'],
  ['is not there', 404, 'NoSuchBucket'],
])('an S3 that %s is a failure', async (_what, status, code) => {
  const put = await putTo([status, {}, code]);
  await expect(put('c/000.json', '{}', options)).rejects.toMatchObject({ name: code });
});

test('an answer without an ETag is a failure', async () => {
  const put = await putTo([200, {}]);
  const problem = 'S3 answered without an ETag, so it is not known to have the request';
  await expect(put('c/000.json', '{}', options)).rejects.toThrow(problem);
});

test('an S3 that does not answer until the call is aborted is a failure', async () => {
  const put = await putTo([0, {}]);
  await expect(withDeadline(50, (deadline) => put('c/000.json', '{}', deadline))).rejects.toMatchObject({
    name: 'AbortError',
  });
});
