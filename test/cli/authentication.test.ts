import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type LocalServer, listen } from '../../sandbox/http.ts';
import { localEnvironment, run } from './terminal.ts';

const secret = 'S3cret-of-the-api';
const schemes: unknown[] = [];
let server: LocalServer;
let env: Record<string, string>;
beforeAll(async () => {
  const messages = [{ message_id: '00000000-0000-4000-8000-000000000000', status: 'queued' }];
  server = await listen(0, ({ headers }, response) => {
    schemes.push(headers.authorization?.split(' ')[0]);
    response.writeHead(202).end(JSON.stringify({ messages }));
  });
  env = localEnvironment({
    MESSAGEMEDIA_API_KEY: 'key',
    MESSAGEMEDIA_API_SECRET: secret,
    MESSAGEMEDIA_BASE_URL: server.url,
  });
});
afterAll(() => server.close());
beforeEach(() => {
  schemes.length = 0;
});

const send = (args: string[], environment = env) =>
  run(
    [...args, 'send', 'Hello!', '--to', '+61491570157', '--callback-url', 'https://example.com', '--json'],
    environment,
  );

test.each([
  ['the option', ['--authentication', 'hmac'], {}],
  ['the environment', [], { MESSAGEMEDIA_AUTHENTICATION: 'hmac' }],
  ['the option before the environment', ['--authentication', 'hmac'], { MESSAGEMEDIA_AUTHENTICATION: 'basic' }],
  ['neither', [], {}],
])('%s chooses how calls are authenticated', async (name, args, more) => {
  expect(await send(args, { ...env, ...more })).toMatchObject({ code: 0, stderr: '' });
  expect(schemes).toEqual([name === 'neither' ? 'Basic' : 'hmac']);
});

test('another kind of authentication is refused before anything is called', async () => {
  const { code, stderr } = await send(['--authentication', secret]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/not one of basic, hmac/) });
  expect(stderr).not.toContain(secret);
  expect(schemes).toEqual([]);
});
