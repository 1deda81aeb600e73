import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { createProvider } from '../../../lambda/messagemedia/client.ts';
import { startProvider } from '../../../sandbox/messagemedia/server.ts';
import { failureOf, withServer, withTcp } from './fixture.ts';

const secret = 'S3cret/with+signs';
const webhookId = '9e1bd0c9-5c0c-4a3e-8f0e-0a7f2f9f6a11';
const credentials = btoa(`key:${secret}`);

const at = (baseUrl: string, authentication: 'basic' | 'hmac' = 'basic') =>
  createProvider({
    ...{ baseUrl, apiKey: 'key', apiSecret: secret, authentication },
    ...{ timeoutMilliseconds: 1000, pause: async () => {} },
  });

/** All forms in which a log or a terminal could show a value. */
const expectNoSecret = (value: unknown) => {
  const inspected = inspect(value, { depth: 20, showHidden: true, getters: true });
  const text = `${inspected}${JSON.stringify(value)}${String(value)}`;
  expect(text).not.toContain(secret);
  expect(text).not.toContain(credentials);
  expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
};

test('the secret does not show in the client', () => {
  const visible = at('eu');
  expectNoSecret(visible);
  expect(inspect(visible)).toContain('createSignatureKey');
});

test.each([
  ['basic', /^Basic \*\*\*$/],
  ['hmac', /signature="\*\*\*"$/],
] as const)(
  'the secret does not show in an error answer that repeats the request: %s',
  async (authentication, shown) => {
    let signature = 'none';
    await withServer(
      ({ headers }, response) => {
        signature = /signature="([^"]*)"/.exec(`${headers.authorization}`)?.[1] ?? signature;
        const details = [`${headers.authorization}`, `secret ${secret}`];
        response.writeHead(401).end(JSON.stringify({ message: 'No', details }));
      },
      async ({ url }) => {
        const error = await failureOf(at(url, authentication).listSignatureKeys());
        expect(error.details).toEqual([expect.stringMatching(shown), 'secret ***']);
        expect(inspect(error, { depth: 20 })).not.toContain(signature);
        expectNoSecret(error);
      },
    );
  },
);

test('the secret does not show in a successful answer that repeats the request and is no JSON', async () => {
  await withServer(
    ({ headers }, response) => response.end(`${headers.authorization}`),
    async ({ url }) => expectNoSecret(await failureOf(at(url).listSignatureKeys())),
  );
});

test('the secret does not show in the causes when the other side sends the request back', async () => {
  await withTcp(
    (socket, bytes) => socket.end(bytes),
    async (url) => {
      const error = await failureOf(at(url).listSignatureKeys());
      expect(error.code).toBe('unreachable');
      expect(inspect(error.cause)).toContain('HTTPParserError');
      expectNoSecret(error);
    },
  );
});

test('a header of a webhook does not show in an error answer that repeats it, nor in those of the network', async () => {
  const webhook = { url: 'https://a.example/', method: 'POST', encoding: 'JSON', events: ['RECEIVED_SMS'] } as const;
  const headers = { 'X-Token': secret, 'X-Empty': '' };
  await withServer(
    (_request, response) => {
      response
        .writeHead(400)
        .end(JSON.stringify({ message: 'Bad Request', details: [`/headers: [${secret}] is invalid`] }));
    },
    async ({ url }) => {
      const calls = [at(url).createWebhook({ ...webhook, headers }), at(url).updateWebhook(webhookId, { headers })];
      for (const call of calls) {
        const error = await failureOf(call);
        expect(error).toMatchObject({ vendorMessage: 'Bad Request', details: ['/headers: [***] is invalid'] });
        expectNoSecret(error);
      }
    },
  );
  await withTcp(
    (socket, bytes) => socket.end(bytes),
    async (url) => expectNoSecret(await failureOf(at(url).createWebhook({ ...webhook, headers }))),
  );
});

test('the secret does not show in errors of the network', async () => {
  const provider = await startProvider({ apiKey: 'key', apiSecret: secret, modulusLength: 1024 });
  try {
    for (const fault of ['hang', 'reset', 'half_answer'] as const) {
      provider.failNext(/POST/, fault);
      expectNoSecret(await failureOf(at(provider.url).createSignatureKey('SHA256')));
    }
  } finally {
    await provider.close();
  }
});
