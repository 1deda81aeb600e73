import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBody } from '../../sandbox/http.ts';

/** Faults of a dependency, by their names in docs/proof.md. */
export const faults = [
  'connection refused',
  'hangs',
  'slow',
  'bit by bit',
  'stalls half-way',
  'cut half-way',
  '4xx',
  '5xx',
  'throttled',
  'wrong JSON',
  'a web page',
  'expired credentials',
] as const;
export type Fault = (typeof faults)[number];

/** The form of a service's errors: AWS in JSON, S3 in XML, or MessageMedia. */
export type Dialect = 'json' | 'xml' | 'messagemedia';

/** What happens to open connections while Lambda freezes the function: they end, are reset, or die silently. */
export type StaleConnection = 'ended' | 'reset' | 'dead';

/** Which calls get the fault, counted from its beginning. */
export interface Extent {
  /** @default 1 */
  first?: number;
  /** @default - all calls */
  count?: number;
  /** Only calls whose `METHOD /path body` matches are counted. */
  only?: RegExp;
}

export type FaultProxy = Awaited<ReturnType<typeof startFaultProxy>>;

/** In milliseconds: when a slow answer begins, and how long an answer takes that comes bit by bit. */
export interface Pace {
  slow: number;
  dribble: number;
}

/** Number of pieces of an answer that comes bit by bit. */
const pieces = 20;

/** A proxy in front of a service on this machine. It causes faults on the wire. */
export async function startFaultProxy(target: string, dialect: Dialect, pace: Pace) {
  const sockets = new Set<Socket>();
  const dead = new WeakSet<Socket>();
  let active: (Required<Omit<Extent, 'only'>> & { fault: Fault; only: RegExp; seen: number }) | undefined;

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (dead.has(request.socket)) return;
    const body = (await readBody(request)) ?? Buffer.alloc(0);
    const fault = faultOf(`${request.method} ${request.url} ${body.toString('latin1', 0, 1_000)}`);
    const answer = () => forward(target, request, body);
    if (fault === undefined) return send(response, await answer());
    await spoil[fault](response, answer);
  };
  const server = createServer();
  for (const event of ['request', 'checkContinue'] as const) {
    server.on(event, (request: IncomingMessage, response: ServerResponse) => {
      const isHeld = dead.has(request.socket) || (active?.fault === 'hangs' && event === 'checkContinue');
      if (event === 'checkContinue' && !isHeld) response.writeContinue();
      serve(request, response).catch(() => response.destroy());
    });
  }
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  // Idle connections stay open until the test ends them.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  function faultOf(call: string): Fault | undefined {
    if (active?.only.test(call) !== true) return undefined;
    active.seen++;
    const isMeant = active.seen >= active.first && active.seen < active.first + active.count;
    return isMeant ? active.fault : undefined;
  }

  const closePort = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  const openPort = async () => {
    while (!server.listening) {
      server.listen(port, '127.0.0.1');
      await Promise.race([once(server, 'listening'), once(server, 'error')]).catch(() => sleep(20));
    }
  };

  const words = errorsOf(dialect);
  const spoil: Record<Fault, (response: ServerResponse, answer: () => Promise<Forwarded>) => unknown> = {
    'connection refused': (response) =>
      active?.count === Number.POSITIVE_INFINITY ? closePort() : response.socket?.resetAndDestroy(),
    hangs: () => {},
    slow: async (response, answer) => {
      await sleep(pace.slow);
      send(response, await answer());
    },
    'bit by bit': async (response, answer) => {
      const { head, body } = withBody(await answer());
      response.writeHead(...head);
      const piece = Math.ceil(body.length / pieces);
      for (let start = 0; start < body.length && !response.destroyed; start += piece) {
        response.write(body.subarray(start, start + piece));
        await sleep(pace.dribble / pieces);
      }
      response.end();
    },
    'stalls half-way': async (response, answer) => {
      const { head, body } = withBody(await answer());
      response.writeHead(...head).write(body.subarray(0, body.length / 2));
    },
    'cut half-way': async (response, answer) => {
      const { head, body } = withBody(await answer());
      response.writeHead(...head).write(body.subarray(0, body.length / 2), () => response.destroy());
    },
    '4xx': (response) => refuse(response, words.denied),
    '5xx': (response) => refuse(response, words.broken),
    throttled: (response) => refuse(response, words.throttled),
    'wrong JSON': (response) => refuse(response, [200, '{"hello":"there"}']),
    'a web page': (response) => refuse(response, [200, '<!doctype html><title>Sign in</title>']),
    'expired credentials': (response) => refuse(response, words.expired),
  };

  return {
    url: `http://127.0.0.1:${port}`,
    begin: async (fault: Fault, { first = 1, count = Number.POSITIVE_INFINITY, only = /^/ }: Extent = {}) => {
      active = { fault, first, count, only, seen: 0 };
      if (fault === 'connection refused' && first === 1 && count === Number.POSITIVE_INFINITY) await closePort();
    },
    /** Ends the fault. Calls that hang go on hanging. */
    end: async () => {
      active = undefined;
      await openPort();
    },
    /** Breaks every open connection. New ones work. */
    spoilConnections: (how: StaleConnection) => {
      for (const socket of sockets) {
        if (how === 'dead') dead.add(socket);
        else if (how === 'ended') socket.end();
        else socket.resetAndDestroy();
      }
      return sockets.size;
    },
    close: closePort,
  };
}

interface Forwarded {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** Makes the call as it would have been without a proxy. */
export async function forward(target: string, incoming: IncomingMessage, body: Buffer): Promise<Forwarded> {
  const { host } = new URL(target);
  const { expect: _expect, ...headers } = incoming.headers;
  const outgoing = httpRequest(target, {
    method: incoming.method,
    path: incoming.url,
    headers: { ...headers, host, connection: 'close' },
  });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const { connection: _connection, 'transfer-encoding': _encoding, ...answered } = response.headers;
  return { status: response.statusCode ?? 0, headers: answered, body: (await readBody(response)) ?? Buffer.alloc(0) };
}

function send(response: ServerResponse, { status, headers, body }: Forwarded): void {
  response.writeHead(status, headers).end(body);
}

/** Makes sure that an answer has a body, so that half of it can be left out. */
function withBody({ status, headers, body }: Forwarded): { head: [number, Forwarded['headers']]; body: Buffer } {
  const whole = body.length > 0 ? body : Buffer.from(' '.repeat(20));
  const promised = { ...headers, 'content-length': String(whole.length) };
  return { head: [status === 204 ? 200 : status, promised], body: whole };
}

type ErrorAnswer = [status: number, body: string, headers?: Record<string, string>];

function refuse(response: ServerResponse, [status, body, headers = {}]: ErrorAnswer): void {
  const type = body.startsWith('{') ? 'application/json' : body.startsWith('<?xml') ? 'application/xml' : 'text/html';
  // If the function's clock was put forward, a Date would make the SDK correct its clock and retry.
  response.sendDate = false;
  response.writeHead(status, { 'content-type': type, ...headers }).end(body);
}

function errorsOf(dialect: Dialect): Record<'denied' | 'broken' | 'throttled' | 'expired', ErrorAnswer> {
  if (dialect === 'messagemedia') {
    const said = (message: string) => JSON.stringify({ message, details: [] });
    return {
      denied: [403, said('Forbidden')],
      broken: [500, said('Internal server error')],
      throttled: [429, said('Too many requests'), { 'retry-after': '1' }],
      expired: [401, said('Invalid credentials')],
    };
  }
  const say = (status: number, code: string): ErrorAnswer => {
    const json = JSON.stringify({ __type: code, message: 'A fault of the test' });
    const xml = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>A fault of the test</Message></Error>`;
    return [status, dialect === 'xml' ? xml : json];
  };
  const isS3 = dialect === 'xml';
  return {
    denied: isS3 ? say(403, 'AccessDenied') : say(400, 'AccessDeniedException'),
    broken: isS3 ? say(500, 'InternalError') : say(500, 'InternalServiceError'),
    throttled: isS3 ? say(503, 'SlowDown') : say(400, 'ThrottlingException'),
    expired: isS3 ? say(400, 'ExpiredToken') : say(400, 'ExpiredTokenException'),
  };
}
