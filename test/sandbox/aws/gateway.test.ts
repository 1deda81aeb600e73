import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startGateway } from '../../../sandbox/aws/gateway.ts';
import type { LocalServer } from '../../../sandbox/http.ts';

let gateway: LocalServer;
let events: Record<string, unknown>[];
beforeEach(async () => {
  events = [];
  gateway = await startGateway({
    port: 0,
    path: '/hook',
    invoke: async (event) => {
      events.push(JSON.parse(event));
      return { statusCode: 202, headers: { 'content-type': 'application/json' }, body: '{}' };
    },
    onAnswer: () => {},
  });
});
afterEach(() => gateway.close());

/** Writes bytes that no HTTP client would send, and reads the whole answer. */
function raw(request: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
    socket.end(request);
  });
}

const get = (target: string, headers = '') =>
  raw(`GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${headers}\r\n`);

const post = async (contentType: string | undefined, body: Buffer) => {
  const type = contentType === undefined ? '' : `Content-Type: ${contentType}\r\n`;
  const head = `POST /hook HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${type}Content-Length: ${body.length}\r\n\r\n`;
  await raw(Buffer.concat([Buffer.from(head), body]));
  return events[0];
};

test.each([
  ['decoded, and the query raw', '/h%6fok?b=2&a=%2B+1&a=caf%c3%a9', 'b=2&a=%2B+1&a=caf%c3%a9'],
  ['cut at a decoded question mark', '/hook%3Fa=1?b=2', 'b=2'],
])('the path is %s', async (_how, target, rawQueryString) => {
  await get(target);
  expect(events).toMatchObject([{ rawPath: '/hook', rawQueryString }]);
});

test('a path without a route never reaches the function', async () => {
  const answer = await get('/other');
  expect(answer).toMatch(/^HTTP\/1.1 404 /);
  expect(answer).toContain('{"message":"Not Found"}');
  expect(events).toEqual([]);
});

test('names are in lower case, duplicates joined, cookies apart', async () => {
  await get('/hook', 'X-A: 1\r\nDate: one\r\nx-a: 2\r\ndate: two\r\nCookie: a=1; b=2\r\n');
  expect(events).toMatchObject([{ headers: { 'x-a': '1,2', date: 'one,two' }, cookies: ['a=1', 'b=2'] }]);
  expect(events[0]?.headers).not.toHaveProperty('cookie');
});

const asText = ['application/json; charset=UTF-8', 'text/plain', 'application/xml', 'application/javascript'];
const inBase64 = ['application/json; charset=iso-8859-1', 'application/x-www-form-urlencoded', undefined];
test.each([...asText.map((type) => [type, false] as const), ...inBase64.map((type) => [type, true] as const)])(
  'the body of %s is in base64: %s',
  async (contentType, isBase64Encoded) => {
    const body = Buffer.from('größe=1');
    const encoded = body.toString(isBase64Encoded ? 'base64' : 'utf8');
    expect(await post(contentType, body)).toMatchObject({ isBase64Encoded, body: encoded });
  },
);

test('no body is no body', async () => {
  await get('/hook');
  expect(events[0]).not.toHaveProperty('body');
  expect(events[0]).toMatchObject({ isBase64Encoded: false });
});

test('more than Lambda takes never reaches the function', async () => {
  const answer = await fetch(`${gateway.url}/hook`, { method: 'POST', body: Buffer.alloc(5 * 1024 * 1024) });
  expect(answer.status).toBe(413);
  expect(events).toEqual([]);
});

test('the id of the request is in the answer', async () => {
  const answer = await fetch(`${gateway.url}/hook`);
  expect(events).toMatchObject([{ requestContext: { requestId: answer.headers.get('apigw-requestid') } }]);
});
