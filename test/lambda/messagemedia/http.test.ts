import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createCaller, type ProviderCall, ShapeError } from '../../../lambda/messagemedia/http.ts';
import type { ProviderOptions } from '../../../lambda/messagemedia/options.ts';
import { type LocalServer, listen, readBody } from '../../../sandbox/http.ts';
import { failureOf } from './fixture.ts';

/** What arrived at the server. */
interface Arrived {
  line: string;
  headers: IncomingHttpHeaders;
  body: string;
}

type Reply = (response: ServerResponse) => unknown;

const id = '00000000-0000-4000-8000-000000000000';
let server: LocalServer;
/** What the server does with each call. The last is for all further ones. */
let replies: Reply[];
let arrived: Arrived[];
let pauses: number[];
let told: string[];
beforeEach(async () => {
  // Two seconds are two tenths of a second here.
  const start = setTimeout;
  const sooner = (run: () => void, milliseconds = 0, ...rest: []) => start(run, milliseconds / 10, ...rest);
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(sooner as typeof setTimeout);
  replies = [reply(200)];
  arrived = [];
  pauses = [];
  told = [];
  server = await listen(0, async (request: IncomingMessage, response) => {
    const { method, url, headers } = request;
    arrived.push({ line: `${method} ${url}`, headers, body: String(await readBody(request)) });
    await (replies.length > 1 ? replies.shift() : replies[0])?.(response);
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await server.close();
});

function reply(status: number, body = '{}', headers: Record<string, string> = {}): Reply {
  return (response) => response.writeHead(status, headers).end(body);
}
const hangUp: Reply = (response) => response.destroy();

const read = (answer: unknown) => answer;

function call(options: ProviderCall, settings: Partial<ProviderOptions> = {}): Promise<unknown> {
  return callWith(read, options, settings);
}

function callWith<T>(
  reader: (answer: unknown) => T,
  options: ProviderCall,
  settings: Partial<ProviderOptions> = {},
): Promise<T> {
  const credentials = { baseUrl: server.url, apiKey: 'key', apiSecret: 'S3cret' };
  const pause = async (milliseconds: number) => void pauses.push(milliseconds);
  const log = (message: string) => void told.push(message);
  return createCaller({ ...credentials, pause, log, ...settings })(options, reader);
}

const failed = (options: ProviderCall, settings?: Partial<ProviderOptions>) => failureOf(call(options, settings));

const get: ProviderCall = { method: 'GET', path: '/v1/x' };
const post: ProviderCall = { method: 'POST', path: '/v1/x', body: { a: 'ä' } };

describe('a call', () => {
  test('with a body goes as JSON', async () => {
    replies = [reply(202, '{"done":true}')];
    expect(await call(post, { baseUrl: `${server.url}/proxy/` })).toEqual({ done: true });
    expect(arrived).toEqual([{ line: 'POST /proxy/v1/x', headers: expect.anything(), body: '{"a":"ä"}' }]);
    expect(arrived[0]?.headers).toMatchObject({ 'content-type': 'application/json', accept: 'application/json' });
  });

  test('without a body has no media type either', async () => {
    await call({ method: 'GET', path: '/v1/x?page=1&page_size=20' });
    expect(arrived).toMatchObject([{ line: 'GET /v1/x?page=1&page_size=20', body: '' }]);
    expect(arrived[0]?.headers).not.toHaveProperty('content-type');
  });

  test('does not follow a redirect, which would get the credentials', async () => {
    replies = [reply(307, '', { location: `${server.url}/elsewhere` })];
    expect(await failed(get)).toMatchObject({ code: 'redirected', status: 307 });
    expect(arrived).toHaveLength(1);
  });
});

describe('an answer', () => {
  test('without a body is nothing', async () => {
    replies = [reply(200, '')];
    expect(await call(get)).toBeUndefined();
  });

  test.each(['{"key_id":"0000', '<html>Sign in</html>'])('%s is not JSON, and is not quoted', async (body) => {
    replies = [reply(200, body)];
    const error = await failed(get);
    expect(error).toMatchObject({ code: 'malformed_answer', status: 200 });
    expect(error.message).toBe(
      `GET ${server.url}/v1/x answered 200, but its body is not JSON, or not complete: check that the base URL is the API itself, and that no proxy or login page answers instead`,
    );
  });

  test('that the reader cannot accept is refused with its reason, and not asked for again', async () => {
    const refuse = () => {
      throw new ShapeError('its hat is missing');
    };
    const error = await failureOf(callWith(refuse, get));
    expect(error).toMatchObject({ code: 'malformed_answer', status: 200 });
    expect(error.message).toContain(`GET ${server.url}/v1/x answered 200, but its hat is missing: check`);
    expect(error.message).not.toContain('carried out');
    expect((await failureOf(callWith(refuse, post))).message).toMatch(uncertain);
    expect(arrived).toHaveLength(2);
  });

  test('that makes the reader fail in another way does not hide how', async () => {
    const fault = new TypeError('not a function');
    const fail = () => {
      throw fault;
    };
    await expect(callWith(fail, get)).rejects.toBe(fault);
  });

  test('to a DELETE may be any text, as to a call of which only the status matters', async () => {
    replies = [reply(200, 'OK')];
    expect(await call({ method: 'DELETE', path: '/v1/x' })).toBeUndefined();
    expect(await call({ ...post, statusOnly: true })).toBeUndefined();
    expect(await failed({ method: 'DELETE', path: '/v1/x', statusOnly: false })).toMatchObject({
      code: 'malformed_answer',
    });
  });
});

const uncertain = /: .*\. The call may have been carried out all the same: check before you repeat it$/;

describe('after a failure that may pass', () => {
  test.each([
    ['GET', get],
    ['PATCH', { ...post, method: 'PATCH' }],
    ['DELETE', { method: 'DELETE', path: '/v1/x' }],
    ['a POST that may be repeated', { ...post, repeatable: true }],
  ] as const)('%s is tried four times in all', async (_name, options) => {
    replies = [reply(500, '{"message":"Oops"}')];
    const error = await failed(options);
    expect(error).toMatchObject({ code: 'server_error', status: 500, vendorMessage: 'Oops' });
    expect(error.message).toBe(
      `${options.method} ${server.url}/v1/x answered 500 "Oops", in the last of 4 tries: MessageMedia has a problem: try again later, and tell its support if the problem stays`,
    );
    expect(arrived).toHaveLength(4);
    expect(pauses).toHaveLength(3);
  });

  test.each([
    ['answers 500', 'server_error', 500, reply(500)],
    ['hangs up', 'unreachable', undefined, hangUp],
    ['breaks off', 'malformed_answer', 201, breakOff],
  ] as const)(
    'a POST is not repeated when the server %s, because it may be done',
    async (_name, code, status, fault) => {
      replies = [fault];
      const error = await failed(post);
      expect(error).toMatchObject({ code, status, message: expect.stringMatching(uncertain) });
      expect(error.message).not.toContain('tries');
      expect(arrived).toHaveLength(1);
    },
  );

  test('the pauses double, and up to half of each is random', async () => {
    replies = [reply(500)];
    for (const random of [0, 0.5, 1]) {
      jest.spyOn(Math, 'random').mockReturnValue(random);
      await failed(get);
    }
    expect(pauses).toEqual([500, 1000, 2000, 375, 750, 1500, 250, 500, 1000]);
  });

  test('it really waits, unless it is told how', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    replies = [reply(500), reply(200)];
    const caller = createCaller({ baseUrl: server.url, apiKey: 'key', apiSecret: 'S3cret' });
    const begin = performance.now();
    await caller(get, read);
    expect(performance.now() - begin).toBeGreaterThan(240);
  });
});

const remove: ProviderCall = { method: 'DELETE', path: `/v1/x/${id}` };
const [ok, found, lost, away] = [reply(200), reply(404), reply(500), reply(429)];

test.each<[string, ProviderCall, Reply[], string]>([
  ['the second try counts', get, [reply(503), ok], 'done'],
  ['the second try counts after a lost connection', get, [hangUp, ok], 'done'],
  ['a POST is repeated after a 429, which says that nothing was done', post, [away, ok], 'done'],
  ['a DELETE that finds nothing after a lost answer is done', remove, [lost, found], 'done'],
  ['so it is after a lost connection, and another failure', remove, [hangUp, away, found], 'done'],
  ['a DELETE that finds nothing at first is not', remove, [found], 'not_found'],
  ['nor after it was only turned away', remove, [away, found], 'not_found'],
  ['a DELETE that is refused after a lost answer is refused', remove, [lost, reply(403)], 'forbidden'],
  ['a DELETE alone may find nothing', get, [lost, found], 'not_found'],
  ...[400, 401, 403, 404, 409].flatMap((status) =>
    [get, post].map((options): [string, ProviderCall, Reply[], string] => {
      return [`a ${status} ends a ${options.method} at once`, options, [reply(status), ok], String(status)];
    }),
  ),
])('%s', async (_name, options, given, outcome) => {
  replies = given;
  const result = await call(options).then(
    () => 'done',
    ({ code, status }) => [code, String(status)],
  );
  expect([result].flat()).toContain(outcome);
});

test('a failure that does not pass, or of a call that was only turned away, says nothing of what may be done', async () => {
  replies = [reply(400)];
  expect((await failed(post)).message).not.toMatch(/tries|carried out|asks to wait/);
  replies = [away];
  const { message } = await failed(post);
  expect(message).toMatch(/answered 429, in the last of 4 tries: wait/);
  expect(message).not.toContain('carried out');
});

describe('an answer that asks to wait', () => {
  test('is followed, up to 20 seconds', async () => {
    replies = [reply(503, '', { 'retry-after': '20' }), reply(503, '', { 'retry-after': '0' }), reply(200)];
    await call(get);
    expect(pauses).toEqual([20_000, 0]);
  });

  test('for longer ends the call, and the error says for how long', async () => {
    replies = [reply(503, '', { 'retry-after': '21' })];
    const error = await failed(get);
    expect(error.message).toContain('/v1/x answered 503 and asks to wait 21 s: ');
    expect(arrived).toHaveLength(1);
    replies = [reply(503, '', { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() })];
    expect((await failed(get)).message).toMatch(/asks to wait (3600|35\d\d) s: /);
  });
});

describe('the time for a try', () => {
  const timeoutMilliseconds = 150;

  test.each([
    ['no answer', () => {}],
    ['half an answer', (response: ServerResponse) => response.writeHead(200, { 'content-length': 50 }).write('{')],
  ])('%s within it is a timeout, which may pass', async (_name, fault) => {
    replies = [fault, reply(200, '[7]')];
    expect(await call(get, { timeoutMilliseconds })).toEqual([7]);
    expect(told).toEqual([
      expect.stringMatching(/^GET http.*\/v1\/x gave no whole answer within 150 ms: try 2 of 4 in 1 s\.$/),
    ]);
    replies = [fault];
    const error = await failed(post, { timeoutMilliseconds });
    expect(error).toMatchObject({ code: 'timeout', message: expect.stringMatching(uncertain) });
    expect(error.message).toContain('/v1/x gave no whole answer within 150 ms: check the network');
  });
});

test('a host that nobody listens on is named', async () => {
  await server.close();
  const error = await failed(post);
  const { host } = new URL(server.url);
  server = await listen(0, () => {});
  expect(error).toMatchObject({ code: 'unreachable', status: undefined });
  expect(error.message).toContain(`could not reach ${host} (ECONNREFUSED): check the host name`);
});

describe('whoever waits is told', () => {
  test('nothing of a first failure that is soon over', async () => {
    replies = [reply(500), reply(200)];
    await call(get);
    expect(told).toEqual([]);
  });

  test('of every further failure, and of pauses of two seconds', async () => {
    replies = [reply(500), reply(500), reply(503, '', { 'retry-after': '3' }), reply(200)];
    await call(get);
    const line = (text: string) => `GET ${server.url}/v1/x answered ${text}.`;
    expect(told).toEqual([line('500: try 3 of 4 in 1 s'), line('503: try 4 of 4 in 3 s')]);
    told = [];
    replies = [reply(429, '', { 'retry-after': '2' }), reply(200)];
    await call(get);
    expect(told).toEqual([line('429: try 2 of 4 in 2 s')]);
  });

  test('each try through whoever watches', async () => {
    const watched: unknown[] = [];
    replies = [reply(500), reply(200, '[7]')];
    const watch = <T>(what: string, milliseconds: number, work: Promise<T>) => {
      watched.push([what, milliseconds]);
      return work;
    };
    expect(await call(get, { watch, timeoutMilliseconds: 9_000 })).toEqual([7]);
    const name = `GET ${server.url}/v1/x`;
    expect(watched).toEqual([
      [name, 9_000],
      [`${name} (try 2 of 4)`, 9_000],
    ]);
  });
});

function breakOff(response: ServerResponse): void {
  response.writeHead(201, { 'content-length': 50 }).write('{', () => response.destroy());
}
