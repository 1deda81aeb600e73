import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import express, { type Express, type Request } from 'express';
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
  build: (app: Express, take: (request: Request, taken: Taken) => void) => void,
) {
  const app = express();
  let causes: readonly string[] = [];
  build(app, (request, { target = request.originalUrl, body = webhook.body }) => {
    const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const capture = { method: request.method, targets: [target], headers, body: Buffer.from(body as string) };
    causes = diagnose(capture, keys, { receivedAt: Date.now() }).causes;
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await deliver(`http://127.0.0.1:${port}`, toWire(webhook, key));
  server.close();
  return causes;
}

test('express.raw and originalUrl leave everything as it was', async () => {
  const causes = await diagnoseBehind(json, (app, take) => {
    app.use(express.raw({ type: '*/*' }), (request, response) => {
      take(request, { body: request.body });
      response.sendStatus(202);
    });
  });
  expect(causes).toEqual(['none']);
});

test('express.json, and the body written again', async () => {
  const causes = await diagnoseBehind({ ...json, body: '{ "content": "Hello", "id" : 1 }' }, (app, take) => {
    app.use(express.json(), (request, response) => {
      take(request, { body: JSON.stringify(request.body) });
      response.sendStatus(202);
    });
  });
  expect(causes).toEqual(['other_bytes']);
});

test('express.json on a body as a serializer with spaces writes it', async () => {
  const body = JSON.stringify({ content: 'Größe', id: 1 }, null, 2);
  const causes = await diagnoseBehind({ ...json, body }, (app, take) => {
    app.use(express.json(), (request, response) => {
      take(request, { body: JSON.stringify(request.body) });
      response.sendStatus(202);
    });
  });
  expect(causes).toEqual(['body_rewritten']);
});

test('express.text with the charset that HTTP once had by default', async () => {
  const body = '{"content":"Größe"}';
  const causes = await diagnoseBehind({ ...json, body }, (app, take) => {
    app.use(express.text({ type: '*/*', defaultCharset: 'latin1' }), (request, response) => {
      take(request, { body: request.body });
      response.sendStatus(202);
    });
  });
  expect(causes).toEqual(['body_charset']);
});

test('a router that is mounted, which takes its path away from url', async () => {
  const causes = await diagnoseBehind(json, (app, take) => {
    app.use('/api', express.raw({ type: '*/*' }), (request, response) => {
      take(request, { target: request.url, body: request.body });
      response.sendStatus(202);
    });
  });
  expect(causes).toEqual(['path_prefix_removed']);
});

test('path alone, without the query', async () => {
  const causes = await diagnoseBehind({ ...json, target: '/api/messagemedia?kind=reply' }, (app, take) => {
    app.use(express.raw({ type: '*/*' }), (request, response) => {
      take(request, { target: request.path, body: request.body });
      response.sendStatus(202);
    });
  });
  expect(causes).toEqual(['query_dropped']);
});

test('the query parsed and written again', async () => {
  const causes = await diagnoseBehind(json, (app, take) => {
    app.use(express.raw({ type: '*/*' }), (request, response) => {
      const query = new URLSearchParams(request.query as Record<string, string>);
      take(request, { target: `${request.path}?${query}`, body: request.body });
      response.sendStatus(202);
    });
  });
  expect(causes).toEqual(['percent_encoding']);
});

test('the full URL in place of the target', async () => {
  const causes = await diagnoseBehind(json, (app, take) => {
    app.use(express.raw({ type: '*/*' }), (request, response) => {
      take(request, { target: `${request.protocol}://${request.host}${request.originalUrl}`, body: request.body });
      response.sendStatus(202);
    });
  });
  expect(causes).toEqual(['absolute_target']);
});

test('a form that express.urlencoded parsed and somebody wrote again', async () => {
  const body = 'text=50%25%20off&number=%2b61491570157';
  const causes = await diagnoseBehind(
    { ...json, contentType: 'application/x-www-form-urlencoded', body },
    (app, take) => {
      app.use(express.urlencoded(), (request, response) => {
        take(request, { body: String(new URLSearchParams(request.body)) });
        response.sendStatus(202);
      });
    },
  );
  expect(causes).toEqual(['body_rewritten']);
});
