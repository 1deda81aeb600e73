import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from '@jest/globals';
import { captureIsFull, createCapture } from '../../../lambda/receiver/capture.ts';

let kept: Map<string, string>;
let warnings: string[];
beforeEach(() => {
  kept = new Map();
  warnings = [];
});

const until = Number.POSITIVE_INFINITY;
type Put = (name: string, text: string) => Promise<boolean>;

/** One running function; all of them share a bucket. @param asked for what the keyring asks now */
function running(
  put: Put = async (name, text) => !kept.has(name) && kept.set(name, text).size > 0,
  asked = () => ({ id: 'c', count: 3 }),
  most = 10_000,
) {
  const keyring = { diagnostics: () => ({ capture: { ...asked(), until } }) };
  const warn = (message: string, cause: unknown) => warnings.push(`${message}: ${(cause as Error).message}`);
  return createCapture({ keyring, put, deadline: most, warn });
}

test('functions that run at the same time keep no more together than were asked for', async () => {
  const functions = [running(), running(), running(), running()];
  const names = await Promise.all(functions.flatMap((capture) => [capture({ n: 1 }), capture({ n: 2 })]));
  expect([...kept.keys()].sort()).toEqual(['captures/c/000.json', 'captures/c/001.json', 'captures/c/002.json']);
  expect(names.filter((name) => name !== captureIsFull).sort()).toEqual([...kept.keys()].sort());
});

test('another capture begins anew, and one that is full says so', async () => {
  let asked = { id: 'a', count: 2 };
  const names: string[] = [];
  const put = async (name: string) => names.push(name) > 0;
  const capture = running(put, () => asked);
  await capture({});
  await capture({});
  expect(await capture({})).toBe('no more: the capture is full');
  asked = { ...asked, id: 'b' };
  await capture({});
  expect(names).toEqual(['captures/a/000.json', 'captures/a/001.json', 'captures/b/000.json']);
});

test('a capture ends when another begins, though its bucket has not answered yet', async () => {
  let id = 'a';
  const answer = Promise.withResolvers<boolean>();
  const names: string[] = [];
  const put = async (name: string) => (names.push(name) === 1 ? answer.promise : true);
  const capture = running(put, () => ({ id, count: 9 }));
  const early = capture({});
  id = 'b';
  await capture({});
  answer.resolve(false);
  expect(await early).toBe(captureIsFull);
  expect(names).toEqual(['captures/a/000.json', 'captures/b/000.json']);
});

test('a bucket that does not answer is told of, and nothing else happens', async () => {
  expect(await running(() => Promise.reject(new Error('no S3')))({})).toBeUndefined();
  expect(warnings).toEqual(['cannot capture a refused request: no S3']);
});

test.each([
  ['its own', 40, undefined],
  ['that of the request', 10_000, 40],
])('taken names are tried within one time, %s, and no longer', async (_whose, most, left) => {
  const asked: string[] = [];
  const put = async (name: string) => {
    asked.push(name);
    return sleep(25, false);
  };
  expect(await running(put, () => ({ id: 'c', count: 100 }), most)({}, left)).toBeUndefined();
  expect(warnings).toEqual(['cannot capture a refused request: Not done within 40 ms']);
  expect(asked.length).toBeLessThanOrEqual(2);
});

test('nothing is kept while nobody asks', async () => {
  const put = () => Promise.reject(new Error('it was kept'));
  const capture = createCapture({ keyring: { diagnostics: () => ({}) }, put, deadline: 1_000, warn: () => {} });
  expect(await capture({})).toBeUndefined();
});

test('the request is kept as it came, but for what lets somebody in', async () => {
  const event = {
    version: '2.0',
    rawPath: '/messagemedia',
    cookies: ['session=secret'],
    headers: {
      'x-messagemedia-signature': 'AAAA',
      Authorization: 'secret',
      'x-api-key': 'secret',
      'x-amz-security-token': 'secret',
      'x-last-cookie': 'none',
      'cookie-policy': 'none',
    },
    multiValueHeaders: { Cookie: ['secret'], Date: ['today'] },
    requestContext: { stage: '$default', authorizer: { principal: 'secret' }, identity: { apiKey: 'secret' } },
    body: '{"a":1}',
  };
  await running()(event);
  expect(JSON.parse(kept.get('captures/c/000.json') ?? '')).toEqual({
    version: '2.0',
    rawPath: '/messagemedia',
    headers: { 'x-messagemedia-signature': 'AAAA', 'x-last-cookie': 'none', 'cookie-policy': 'none' },
    multiValueHeaders: { Date: ['today'] },
    requestContext: { stage: '$default' },
    body: '{"a":1}',
  });
});

test.each([[null], ['text'], [{ headers: 'no object' }]])('the event %j is kept all the same', async (event) => {
  expect(await running()(event)).toBe('captures/c/000.json');
  expect(warnings).toEqual([]);
});
