import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type LocalServer, listen } from '../../sandbox/http.ts';
import { localEnvironment, run } from './terminal.ts';

const schemes: unknown[] = [];
let server: LocalServer;
beforeAll(async () => {
  server = await listen(0, ({ headers }, response) => {
    schemes.push(headers.authorization?.split(' ')[0]);
    response.end('{"page":0,"pageSize":20,"pageData":[]}');
  });
});
afterAll(() => server.close());
beforeEach(() => {
  schemes.length = 0;
});

const list = (args: string[], more: Record<string, string> = {}) => {
  const api = { MESSAGEMEDIA_API_KEY: 'key', MESSAGEMEDIA_API_SECRET: 'secret', MESSAGEMEDIA_BASE_URL: server.url };
  return run([...args, 'webhooks', 'list'], localEnvironment({ ...api, ...more }));
};

test.each([
  ['the option', ['--authentication', 'hmac'], { MESSAGEMEDIA_AUTHENTICATION: 'basic' }, 'hmac'],
  ['the environment', [], { MESSAGEMEDIA_AUTHENTICATION: 'hmac' }, 'hmac'],
  ['neither', [], {}, 'Basic'],
])('%s chooses how calls are authenticated', async (_, args, more, scheme) => {
  expect(await list(args, more)).toMatchObject({ code: 0, stderr: '' });
  expect(schemes).toEqual([scheme]);
});

test('another kind of authentication is refused before anything is called', async () => {
  const { code, stderr } = await list(['--authentication', 'S3cret-of-the-api']);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/not one of basic, hmac/) });
  expect(stderr).not.toContain('S3cret-of-the-api');
  expect(schemes).toEqual([]);
});
