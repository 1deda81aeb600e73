import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import express, { type Request, type RequestHandler } from 'express';
import { diagnose } from '../../diagnosis/diagnose.ts';
import { parseKeyring } from '../../lambda/keys/keyring.ts';
import { deliver, toWire, type Webhook } from '../../signing/sender.ts';
import { keyringOf, makeKey } from '../support.ts';

const key = makeKey('SHA256', 2048);
const { keys } = parseKeyring(keyringOf(key));
const json: Webhook = {
  method: 'POST',
  target: '/api/messagemedia?kind=reply&text=a%20b',
  contentType: 'application/json',
  body: '{ "content": "Größe 1\\/2", "id" : 1 }',
};

/** The part of the request that an application behind Express takes from the framework and verifies. */
interface Taken {
  target?: string;
  body?: string | Buffer;
}

/** Delivers a signed webhook to an Express application, and diagnoses what the application would verify. */
async function diagnoseBehind(
  webhook: Webhook,
  path: string,
  parser: RequestHandler,
  take: (request: Request) => Taken,
) {
  let causes: readonly string[] = [];
  const app = express().use(path, parser, (request, response) => {
    const { target = request.originalUrl, body = request.body } = take(request);
    const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const capture = { method: request.method, targets: [target], headers, body: Buffer.from(body as string) };
    causes = diagnose(capture, keys, { receivedAt: Date.now() }).causes;
    response.sendStatus(202);
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await deliver(`http://127.0.0.1:${port}`, toWire(webhook, key));
  server.close();
  return causes;
}

const raw = express.raw({ type: '*/*' });
const latin1 = express.text({ type: '*/*', defaultCharset: 'latin1' });
const written = ({ body }: Request): Taken => ({ body: JSON.stringify(body) });
const spaces = { ...json, body: JSON.stringify({ content: 'Größe', id: 1 }, null, 2) };
const form = {
  ...json,
  contentType: 'application/x-www-form-urlencoded',
  body: 'text=50%25%20off&number=%2b61491570157',
};
const queryOf = ({ path, query }: Request) => `${path}?${new URLSearchParams(query as Record<string, string>)}`;

test.each<[string, string, Webhook, RequestHandler, (request: Request) => Taken, string?]>([
  ['express.raw and originalUrl leave everything as it was', 'none', json, raw, () => ({})],
  ['express.json, and the body written again', 'other_bytes', json, express.json(), written],
  ['express.json on a body that has spaces', 'body_rewritten', spaces, express.json(), written],
  ['the charset that HTTP once had by default', 'body_charset', { ...json, body: '{"a":"Größe"}' }, latin1, () => ({})],
  ['a router that is mounted', 'path_prefix_removed', json, raw, ({ url }) => ({ target: url }), '/api'],
  [
    'path without the query',
    'query_dropped',
    { ...json, target: '/m?kind=reply' },
    raw,
    ({ path }) => ({ target: path }),
  ],
  ['the query written again', 'percent_encoding', json, raw, (request) => ({ target: queryOf(request) })],
  ['the full URL', 'absolute_target', json, raw, (all) => ({ target: `http://${all.host}${all.originalUrl}` })],
  [
    'a form that somebody wrote again',
    'body_rewritten',
    form,
    express.urlencoded(),
    ({ body }) => ({ body: String(new URLSearchParams(body)) }),
  ],
])('%s: %s', async (_what, cause, webhook, parser, take, path = '/') => {
  expect(await diagnoseBehind(webhook, path, parser, take)).toEqual([cause]);
});
