import { expect, test } from '@jest/globals';
import { listen } from '../../sandbox/http.ts';
import { localEnvironment, run } from './terminal.ts';

test.each([
  ['hmac', 'hmac'],
  ['', 'Basic'],
])('MESSAGEMEDIA_AUTHENTICATION=%s chooses how calls are authenticated', async (chosen, scheme) => {
  const schemes: unknown[] = [];
  const server = await listen(0, ({ headers }, response) => {
    schemes.push(headers.authorization?.split(' ')[0]);
    response.end('{"page":0,"pageSize":20,"pageData":[]}');
  });
  const api = { MESSAGEMEDIA_API_KEY: 'key', MESSAGEMEDIA_API_SECRET: 'secret', MESSAGEMEDIA_BASE_URL: server.url };
  const env = localEnvironment({ ...api, MESSAGEMEDIA_AUTHENTICATION: chosen });
  expect(await run(['webhooks', 'list'], env)).toMatchObject({ code: 0, stderr: '' });
  expect(schemes).toEqual([scheme]);
  await server.close();
});
