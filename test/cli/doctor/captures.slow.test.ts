import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readCapture, readFromNgrok } from '../../../cli/doctor/read-capture.ts';
import { diagnose } from '../../../diagnosis/diagnose.ts';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { listen } from '../../../sandbox/http.ts';
import { sampleWebhooks } from '../../../signing/sample-webhooks.ts';
import { deliver, toWire } from '../../../signing/sender.ts';
import { httpApiEvent, keyringOf, makeKey } from '../../support.ts';
import { localEnvironment, run } from '../terminal.ts';

const key = makeKey('SHA256', 2048);
const { keys } = parseKeyring(keyringOf(key));
const request = toWire(sampleWebhooks('/messagemedia?kind=reply').smsReply, key, new Date('2026-11-24T09:00:00Z'));
const causesOf = (bytes: Buffer | string) => diagnose(readCapture(Buffer.from(bytes as string)).request, keys).causes;

/** Keeps each request from the wire, byte for byte, and answers 202 when it is complete. */
const wire: Buffer[] = [];
const server = createServer((socket: Socket) => {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n');
    const head = all.subarray(0, Math.max(end, 0)).toString('latin1');
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const isWhole = /chunked/i.test(head)
      ? all.toString('latin1').endsWith('0\r\n\r\n')
      : end >= 0 && all.length >= end + 4 + length;
    if (!isWhole || socket.writableEnded) return;
    wire.push(all);
    socket.end('HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
});
let origin: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
const keyringFile = join(folder, 'keyring.json');
await writeFile(keyringFile, keyringOf(key));
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

describe('raw HTTP from the wire', () => {
  test('is read byte for byte, as Node sends it and as curl does', async () => {
    await deliver(origin, request);
    expect(causesOf(wire.at(-1) ?? '')).toEqual(['none']);
    const headers = Object.entries(request.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const curl = (...more: string[]) =>
      promisify(execFile)('curl', ['-s', ...headers, ...more, `${origin}${request.target}`]);
    await curl('--data-raw', String(request.body));
    expect(causesOf(wire.at(-1) ?? '')).toEqual(['none']);
    await curl('-H', 'transfer-encoding: chunked', '--data-raw', String(request.body));
    expect(String(wire.at(-1))).toMatch(/chunked/);
    expect(causesOf(wire.at(-1) ?? '')).toEqual(['none']);
    // With -d, which many scripts use, a body from a file loses its line breaks.
    const pretty = JSON.stringify(JSON.parse(String(request.body)), null, 2);
    await curl('-X', 'PUT', '--data-raw', pretty);
    expect(causesOf(wire.at(-1) ?? '')).toEqual(['method_changed', 'body_rewritten']);
  });

  test('that was cut says so', async () => {
    await deliver(origin, request);
    const all = wire.at(-1) ?? Buffer.alloc(0);
    const { cautions, request: read } = readCapture(all.subarray(0, all.length - 20));
    expect(cautions[0]).toMatch(/^The capture is cut: it has \d+ of \d+ bytes/);
    expect(diagnose(read, keys).causes).toEqual(['body_cut']);
  });
});

test('Lambda events of both payloads are read as the function reads them', () => {
  expect(causesOf(JSON.stringify(httpApiEvent(request)))).toEqual(['none']);
  const rest = {
    httpMethod: 'POST',
    path: '/messagemedia',
    multiValueHeaders: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, [value]])),
    multiValueQueryStringParameters: { kind: ['reply'] },
    requestContext: { path: '/prod/messagemedia', stage: 'prod', requestId: 'r', requestTimeEpoch: 1 },
    body: String(request.body),
    isBase64Encoded: false,
  };
  expect(readCapture(Buffer.from(JSON.stringify(rest)))).toMatchObject({ format: 'Lambda event', receivedAt: 1 });
  expect(causesOf(JSON.stringify(rest))).toEqual(['none']);
  const { date: sent, ...others } = rest.multiValueHeaders;
  const renamed = { ...others, 'x-amzn-Remapped-Date': sent };
  expect(causesOf(JSON.stringify({ ...rest, multiValueHeaders: renamed }))).toEqual(['none']);
});

test("ngrok's agent is asked for the newest request, or for one", async () => {
  await deliver(origin, request);
  const entry = {
    start: '2026-11-24T09:00:01Z',
    request: { raw: (wire.at(-1) ?? Buffer.alloc(0)).toString('base64') },
  };
  const asked: (string | undefined)[] = [];
  const agent = await listen(0, ({ url }, response) => {
    asked.push(url);
    response.end(JSON.stringify(url?.includes('?') ? { requests: [entry] } : entry));
  });
  for (const id of [undefined, 'airt_1']) {
    expect(diagnose((await readFromNgrok(id, agent.url)).request, keys).causes).toEqual(['none']);
  }
  await agent.close();
  expect(asked).toEqual(['/api/requests/http?limit=1', '/api/requests/http/airt_1']);
  await expect(readFromNgrok(undefined, agent.url)).rejects.toThrow('No ngrok agent answers');
});

const doctor = (event: object, ...args: string[]) =>
  run(['doctor', '-', '--keyring', keyringFile, ...args], localEnvironment({}), { input: JSON.stringify(event) });

test('says what is wrong, what to do, and how it knows', async () => {
  const { code, stdout, stderr } = await doctor({ ...httpApiEvent(request), rawPath: '/v1/messagemedia' });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('The path has a prefix that was not signed');
  expect(stdout).toContain('What to do: Verify against the path that MessageMedia called');
  expect(stdout).toContain('Cause: path_prefix_added');
  expect(stdout).not.toContain(request.headers['x-messagemedia-signature']?.slice(0, 30));
});

test('ends with 1 when it is not known why', async () => {
  const event = { ...httpApiEvent(request), body: Buffer.from('other').toString('base64') };
  const { code, stdout } = await doctor(event, '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ cause: 'other_bytes', signedBy: key.id, format: 'Lambda event' });
});
