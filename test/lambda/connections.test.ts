import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { HttpRequest } from '@smithy/core/protocols';
import { ConnectingAgent, ReconnectingHandler } from '../../lambda/connections.ts';
import { readBody } from '../../sandbox/http.ts';
import { type Certificate, listenTls, makeCertificate, type TlsServer } from '../tls-server.ts';

let certificate: Certificate;
let server: TlsServer;
let agent: ConnectingAgent;
let handler: ReconnectingHandler;
/** What requests sent. */
let received: string[];
let answer: RequestListener;

beforeAll(() => {
  certificate = makeCertificate();
});
beforeEach(async () => {
  [received, answer] = [[], (_request, response) => response.end('taken')];
  server = await listenTls(certificate, async (request, response) => {
    received.push(String(await readBody(request)));
    answer(request, response);
  });
  agent = new ConnectingAgent();
  agent.options.ca = certificate.cert;
  handler = new ReconnectingHandler({ httpsAgent: agent });
});
afterEach(async () => {
  handler.destroy();
  await server.close();
});

function requestTo(port: number, hostname = 'localhost', body = 'data'): HttpRequest {
  const headers = { 'content-length': String(body.length) };
  return new HttpRequest({ protocol: 'https:', method: 'POST', path: '/', headers, hostname, port, body });
}

async function call(hostname?: string, body?: string, { port } = server): Promise<string> {
  const { response } = await handler.handle(requestTo(port, hostname, body));
  return String(await readBody(response.body));
}

describe('a connection that was opened before the first request', () => {
  test('is the one that requests use', async () => {
    await agent.connect('localhost', server.port);
    expect([server.connections(), received]).toEqual([1, []]);
    for (let request = 0; request < 3; request++) expect(await call()).toBe('taken');
    expect([server.connections(), received]).toEqual([1, ['data', 'data', 'data']]);
  });

  test('is used even if it is not open yet', async () => {
    const connecting = agent.connect('localhost', server.port);
    expect(await call()).toBe('taken');
    await connecting;
    expect(server.connections()).toBe(1);
  });

  test.each([
    ['localhost', 'localhost'],
    ['127.0.0.1', false],
  ])('says which host it is for, unless that is an address: %s', async (host, said) => {
    const names: unknown[] = [];
    const named = createTlsServer(certificate, (socket) => {
      names.push((socket as TLSSocket & { servername: unknown }).servername);
      socket.end();
    });
    named.listen(0, '127.0.0.1');
    await once(named, 'listening');
    const secured = once(named, 'secureConnection');
    await Promise.all([agent.connect(host, (named.address() as AddressInfo).port), secured]);
    expect(names).toEqual([said]);
    named.close();
  });

  test('is not used for another host', async () => {
    await agent.connect('localhost', server.port);
    expect(await call('127.0.0.1')).toBe('taken');
    expect(server.connections()).toBe(2);
    expect(await call()).toBe('taken');
    expect(server.connections()).toBe(2);
  });

  test('is not used for another port', async () => {
    const other = await listenTls(certificate, (_request, response) => response.end('taken by the other'));
    await agent.connect('localhost', server.port);
    expect(await call(undefined, undefined, other)).toBe('taken by the other');
    expect(await call()).toBe('taken');
    expect([server.connections(), received]).toEqual([1, ['data']]);
    await other.close();
  });

  test.each([
    [0, 'data'],
    [100, 'data'],
    [0, 'x'.repeat(8_000_000)],
  ])('and was closed %d ms before the request is replaced: %.4s', async (milliseconds, body) => {
    await agent.connect('localhost', server.port);
    server.closeConnections();
    await sleep(milliseconds);
    expect(await call('localhost', body)).toBe('taken');
    expect([server.connections(), received]).toEqual([2, [body]]);
  });
});

test.each([0, 100])(
  'a connection that ended with a 408, %d ms before the request, is replaced',
  async (milliseconds) => {
    let connections = 0;
    const answers = ['HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n', 'HTTP/1.1 200 OK\r\n'];
    const idle = createTlsServer(certificate, (socket) => {
      const text = `${answers[connections++]}content-length: 5\r\n\r\ntaken`;
      if (connections === 1) socket.end(text);
      else socket.once('data', () => socket.end(text));
    });
    idle.listen(0, '127.0.0.1');
    await once(idle, 'listening');
    const { port } = idle.address() as AddressInfo;
    await agent.connect('localhost', port);
    await sleep(milliseconds);
    const { response } = await handler.handle(requestTo(port));
    expect([response.statusCode, connections]).toEqual([200, 2]);
    idle.close();
  },
);

describe('a connection that cannot be opened is an error of the request', () => {
  test('because its certificate is not trusted', async () => {
    agent.options.ca = [];
    await agent.connect('localhost', server.port);
    await expect(call()).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(received).toEqual([]);
  });

  test('because its name cannot be resolved, and the next request connects', async () => {
    // The system's own resolver cannot be made to fail for a while.
    agent.options.lookup = (name, _options, found) =>
      found(Object.assign(new Error(`getaddrinfo EAI_AGAIN ${name}`), { code: 'EAI_AGAIN' }), '');
    await agent.connect('localhost', server.port);
    await expect(call()).rejects.toMatchObject({ code: 'EAI_AGAIN' });
    delete agent.options.lookup;
    expect(await call()).toBe('taken');
  });

  test('because nothing listens, and the next request connects', async () => {
    const { port } = server;
    await server.close();
    await agent.connect('localhost', port);
    await expect(call()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const other = await listenTls(certificate, answer);
    server = other;
    expect(await call()).toBe('taken');
  });
});

describe('a call whose connection is reset in the middle', () => {
  test('is made again at once, with the same body, and only once', async () => {
    answer = (request, response) => (received.length === 1 ? request.socket.destroy() : response.end('taken'));
    expect(await call()).toBe('taken');
    expect(received).toEqual(['data', 'data']);
    received.length = 0;
    answer = (request) => request.socket.destroy();
    await expect(call()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(received).toEqual(['data', 'data']);
  });
});

test('a call that fails in another way is not made again', async () => {
  let connections = 0;
  const closed = createServer((socket) => {
    connections++;
    socket.resume().end('This is not TLS');
  });
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const { port } = closed.address() as { port: number };
  const request = new HttpRequest({ protocol: 'https:', hostname: 'localhost', port });
  await expect(handler.handle(request)).rejects.toMatchObject({ code: 'EPROTO' });
  expect(connections).toBe(1);
  await new Promise((resolve) => closed.close(resolve));
});
