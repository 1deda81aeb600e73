import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LocalServer } from '../../sandbox/http.ts';
import { rotateNow } from '../../sandbox/inspector/actions.ts';
import { createHistory, type History } from '../../sandbox/inspector/history.ts';
import { startInspector } from '../../sandbox/inspector/inspector.ts';
import { startWatchedSandbox } from '../../sandbox/inspector/watched-sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { deliver, toWire, type WireRequest } from '../../signing/sender.ts';

let history: History;
let sandbox: Sandbox;
let inspector: LocalServer;
let token: string;
let good: WireRequest;
beforeAll(async () => {
  history = createHistory({ calls: 5, bytes: 1_000_000 });
  sandbox = await startWatchedSandbox({ port: 0, history });
  await rotateNow(sandbox);
  inspector = await startInspector(0, sandbox, history);
  token = /inspector-token" content="([^"]+)"/.exec(await (await fetch(inspector.url)).text())?.[1] ?? '';
  good = toWire(sampleWebhooks('/messagemedia').smsReply, sandbox.provider.signingKey());
});
afterAll(async () => {
  await inspector.close();
  await sandbox.close();
});

/** Like `fetch`, which does not allow a chosen `Host` or `Origin`. */
function call(method: string, path: string, headers: Record<string, string> = {}, body = '', url = inspector.url) {
  return new Promise<number>((resolve, reject) => {
    const request = httpRequest(url + path, { method, headers }, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
    request.end(body);
  });
}

// The name of a web page can resolve to 127.0.0.1.
const strangers = ['evil.example:PORT', 'evil.example', '127.0.0.1', '127.0.0.1:1', '127.0.0.1.evil.example:PORT'];
const paths = [
  '/',
  '/app.js',
  '/list.css',
  '/modules/preact.js',
  '/state',
  '/environment',
  '/events',
  '/calls/1',
  '/calls/1/curl',
];
const ownAddresses: [string, () => string][] = [
  ...paths.map((path): [string, () => string] => [`the inspector's ${path}`, () => inspector.url + path]),
  ['MessageMedia', () => sandbox.provider.url],
  ['Secrets Manager', () => sandbox.secrets.url],
  ['SQS and S3', () => sandbox.queue.url],
];
test.each(ownAddresses)('%s is for this machine alone', async (_name, url) => {
  const { origin, port, pathname } = new URL(url());
  const statusOf = (host: string) => call('GET', pathname, { host: host.replace('PORT', port) }, '', origin);
  for (const host of [...strangers, 'localhost:PORT:1', ':PORT'])
    expect([host, await statusOf(host)]).toEqual([host, 421]);
  for (const name of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])
    expect([name, await statusOf(`${name}:PORT`)]).not.toEqual([name, 421]);
});

test('the gateway has a name of its own behind a tunnel', async () => {
  expect(await call('GET', '/', { host: 'abc.tunnel.example' }, '', sandbox.url)).toBe(404);
});

test('what changes something needs JSON, an own origin, and the token of this start', async () => {
  const own = { origin: inspector.url, 'content-type': 'application/json', 'x-inspector-token': token };
  const without = (name: keyof typeof own) => Object.fromEntries(Object.entries(own).filter(([each]) => each !== name));
  const keys = sandbox.provider.signatureKeys().length;
  for (const headers of [
    without('origin'),
    without('content-type'),
    without('x-inspector-token'),
    { ...own, origin: 'http://evil.example' },
    { ...own, origin: 'null' },
    { ...own, 'content-type': 'text/plain' },
    { ...own, 'x-inspector-token': `${token.slice(0, -1)}!` },
  ])
    expect([headers, await call('POST', '/rotate', headers, '{}')]).toEqual([headers, 403]);
  expect(sandbox.provider.signatureKeys()).toHaveLength(keys);
  expect(await call('POST', '/rotate', own, '{}')).toBe(200);
  expect(sandbox.provider.signatureKeys()).toHaveLength(keys + 1);
  expect(await call('POST', '/nothing', own, '{}')).toBe(404);
  expect(await call('POST', '/constructor', own, '{}')).toBe(404);
  expect(await call('POST', '/rotate', own, 'no JSON')).toBe(500);
  expect(await call('DELETE', '/rotate', own)).toBe(405);
});

test('the page may load nothing but what is its own', async () => {
  const { headers } = await fetch(inspector.url);
  expect(headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/,
  );
});

test('the port that a tunnel makes public has no page', async () => {
  for (const path of ['/', '/state', '/events', '/app.js']) expect((await fetch(sandbox.url + path)).status).toBe(404);
});

test('a good signature is never shown whole', async () => {
  await deliver(sandbox.url, good);
  const id = history.summaries().at(-1)?.id;
  const details = await (await fetch(`${inspector.url}/calls/${id}`)).text();
  expect(JSON.parse(details)).toMatchObject({ verdict: 'queued', checks: expect.arrayContaining([]) });
  expect(details).not.toContain(good.headers['x-messagemedia-signature']);
  expect(details).not.toContain('PRIVATE KEY');
});

test.each([
  ['/', 'The URL has no path: it ends after the host.'],
  ['/messagemedia/?kind=reply', 'There is a slash too many. Without it, the path is right.'],
  ['//messagemedia', 'There is a slash too many. Without it, the path is right.'],
  ['/MessageMedia', 'Only upper and lower case differ, and they count.'],
  ['/messagemedia%20', 'There is white space at the end of the URL.'],
  ['/webhook', undefined],
])('a 404 for %s says which path is right', async (target, mistake) => {
  await deliver(sandbox.url, { ...good, target });
  const { diagnosis, ...details } = await detailsOfNewest();
  expect(details).toMatchObject({ status: 404, reason: 'no_route' });
  expect(diagnosis.meaning).toContain("is not the receiver's. Its path is /messagemedia.");
  expect(diagnosis.mend).toContain(`${sandbox.url}/messagemedia`);
  expect(diagnosis.evidence).toEqual(mistake === undefined ? [] : [mistake]);
});

test('what is too large for the gateway is not blamed on its path', async () => {
  await deliver(sandbox.url, { ...good, body: Buffer.alloc(11 * 1024 * 1024) });
  const { checks, diagnosis, reason } = await detailsOfNewest();
  expect([reason, diagnosis.meaning]).toEqual(['request_too_large', expect.stringContaining('10 MB')]);
  expect(checks.map(({ state }: { state: string }) => state).slice(0, 3)).toEqual(['passed', 'failed', 'not reached']);
});

test('a refused call is explained also while the keyring cannot be read', async () => {
  const keyring = sandbox.keyring();
  sandbox.storeKeyring('rubbish');
  await deliver(sandbox.url, toWire(sampleWebhooks('/messagemedia').optOut, undefined));
  await until(() => history.summaries().at(-1)?.reason === 'unsigned');
  expect((await detailsOfNewest()).diagnosis.causes).toEqual(['unsigned']);
  sandbox.storeKeyring(keyring);
});

async function detailsOfNewest() {
  const id = history.summaries().at(-1)?.id;
  return JSON.parse(await (await fetch(`${inspector.url}/calls/${id}`)).text());
}

test('a request is without answer until it is answered, or breaks off', async () => {
  const begin = () => httpRequest(`${sandbox.url}/messagemedia?kind=reply`, { method: 'POST' }).on('error', () => {});
  const [answered, broken] = [begin(), begin()];
  answered.write('x');
  broken.write('x');
  const targets = () => history.pending().map(({ method, target }) => `${method} ${target}`);
  const both = Array(2).fill('POST /messagemedia?kind=reply');
  await until(() => history.pending().length === 2);
  expect(targets()).toEqual(both);
  expect((await readPending()).requests).toMatchObject(history.pending());
  answered.end();
  await until(() => history.pending().length === 1);
  broken.destroy();
  await until(() => history.pending().length === 0);
});

async function until(isTrue: () => boolean) {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** What a page that has just opened is told about requests without answer. */
async function readPending() {
  const { body } = await fetch(`${inspector.url}/events`);
  let text = '';
  for await (const chunk of body ?? []) {
    text += Buffer.from(chunk).toString();
    const [, data] = /^event: pending\ndata: (.*)\n\n/m.exec(text) ?? [];
    if (data !== undefined) return JSON.parse(data);
  }
}

/** The next events of the stream, until this number of calls has come. */
async function readEvents(calls: number, headers: Record<string, string> = {}) {
  const closing = new AbortController();
  const response = await fetch(`${inspector.url}/events`, { headers, signal: closing.signal });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.split('event: call').length > calls) break;
  }
  closing.abort();
  return {
    ids: [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)),
    prunedTo: [...text.matchAll(/^event: prune\ndata: (\d+)$/gm)].map(([, id]) => Number(id)),
  };
}

test('the stream goes on where a page has stopped, and says what is forgotten', async () => {
  for (let index = 0; index < 6; index++) await deliver(sandbox.url, good);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const last = history.summaries().at(-1)?.id ?? 0;
  expect(await readEvents(5)).toEqual({ ids: [-4, -3, -2, -1, 0].map((back) => last + back), prunedTo: [last - 5] });
  expect((await readEvents(2, { 'last-event-id': String(last - 2) })).ids).toEqual([last - 1, last]);
});

test('large calls are forgotten sooner', () => {
  const small = createHistory({ calls: 100, bytes: 100_000 });
  const request = { ...{ method: 'POST', path: '/', target: '/', rawHeaders: [], requestId: '', event: undefined } };
  for (let index = 0; index < 10; index++)
    small.add({ ...request, body: Buffer.alloc(30_000) }, { statusCode: 404, headers: {}, body: '{}' }, undefined);
  expect(small.summaries().map(({ id }) => id)).toEqual([8, 9, 10]);
});

test.each([
  ['lists', '['.repeat(12_000) + ']'.repeat(12_000)],
  ['objects', `${'{"a":'.repeat(4_000)}1${'}'.repeat(4_000)}`],
])('a body of 24 KB of nested %s is shown, good and changed', async (_name, body) => {
  const webhook = { method: 'POST', target: '/messagemedia', contentType: 'application/json', body };
  const request = toWire(webhook, sandbox.provider.signingKey());
  for (const sent of [request, { ...request, body: Buffer.from(` ${body}`) }]) {
    const before = history.all().at(-1)?.id ?? 0;
    const { status } = await deliver(sandbox.url, sent);
    while ((history.all().at(-1)?.id ?? 0) === before) await new Promise((resolve) => setTimeout(resolve, 5));
    const shown = await fetch(`${inspector.url}/calls/${before + 1}`);
    const { diagnosis, consumer } = JSON.parse(await shown.text());
    expect([shown.status, diagnosis.causes, consumer]).toEqual(
      status === 202
        ? [200, ['none'], expect.stringContaining('"signature": "good"')]
        : [200, ['body_newline'], undefined],
    );
  }
});
