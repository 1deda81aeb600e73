import { createHash, createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hmacAuthentication } from '../../../lambda/messagemedia/authentication.ts';
import { createProvider } from '../../../lambda/messagemedia/client.ts';
import type { ProviderSimulator } from '../../../sandbox/messagemedia/server.ts';
import { clientOf, failureOf, startPair, withServer } from './fixture.ts';

const absentId = '00000000-0000-4000-8000-000000000000';

let provider: ProviderSimulator;
beforeAll(async () => {
  ({ provider } = await startPair());
});
afterAll(() => provider.close());

describe('the headers of a signed call', () => {
  const at = new Date('2016-07-30T05:13:23Z');
  const signatureOf = (text: string) => createHmac('sha256', 'sécret').update(text, 'utf8').digest('base64');

  test('with a body', () => {
    const body = '{"content":"ä"}';
    const md5 = createHash('md5').update(Buffer.from(body)).digest('hex');
    const text = `Date: Sat, 30 Jul 2016 05:13:23 GMT\nContent-MD5: ${md5}\nPOST /v1/messages HTTP/1.1`;
    const { headers } = hmacAuthentication('the key', 'sécret');
    expect(headers({ method: 'POST', target: '/v1/messages', body }, at)).toEqual({
      date: 'Sat, 30 Jul 2016 05:13:23 GMT',
      'content-md5': md5,
      authorization: `hmac username="the key", algorithm="hmac-sha256", headers="Date Content-MD5 request-line", signature="${signatureOf(text)}"`,
    });
  });

  test('without a body', () => {
    const text = 'Date: Sat, 30 Jul 2016 05:13:23 GMT\nGET /v1/replies?a=b HTTP/1.1';
    const { headers } = hmacAuthentication('the key', 'sécret');
    expect(headers({ method: 'GET', target: '/v1/replies?a=b', body: undefined }, at)).toEqual({
      date: 'Sat, 30 Jul 2016 05:13:23 GMT',
      authorization: `hmac username="the key", algorithm="hmac-sha256", headers="Date request-line", signature="${signatureOf(text)}"`,
    });
  });
});

test.each(['basic', 'hmac'] as const)('%s lets calls of every kind through', async (authentication) => {
  const { client } = clientOf(provider, { authentication });
  const { key_id } = await client.createSignatureKey('SHA256');
  expect(await client.enableSignatureKey(key_id)).toMatchObject({ enabled: true });
  expect((await client.listSignatureKeys()).map((key) => key.key_id)).toEqual([key_id]);
  await client.deleteSignatureKey(key_id);
  await client.sendMessages([{ content: '👍 "ä"', destination_number: '+61491570157' }]);
  await client.confirmReplies([absentId]);
  expect(await client.checkReplies()).toEqual([]);
});

test.each(['basic', 'hmac'] as const)('%s with a wrong secret is refused', async (authentication) => {
  const { client } = clientOf(provider, { authentication, apiSecret: 'guess' });
  expect(await failureOf(client.listSignatureKeys())).toMatchObject({ code: 'unauthorized', status: 401 });
  expect(await failureOf(client.checkReplies())).toMatchObject({ vendorMessage: 'Invalid authentication credentials' });
});

test('each try is signed anew', async () => {
  const seen: unknown[] = [];
  await withServer(
    ({ headers }, response) => {
      seen.push(headers.date);
      const first = seen.length === 1;
      setTimeout(() => response.writeHead(first ? 503 : 200).end('{"replies":[]}'), first ? 1100 : 0);
    },
    async (server) => clientOf(server, { authentication: 'hmac' }).client.checkReplies(),
  );
  expect(new Set(seen).size).toBe(2);
});

test('neither secret nor signature shows in errors', async () => {
  const secret = 'S3cret/with+signs';
  let signature = '';
  await withServer(
    ({ headers }, response) => {
      signature = /signature="([^"]*)"/.exec(`${headers.authorization}`)?.[1] ?? '';
      response.writeHead(401).end(JSON.stringify({ message: `No: ${headers.authorization} ${secret}` }));
    },
    async (server) => {
      const { client } = clientOf(server, { authentication: 'hmac', apiSecret: secret });
      const error = await failureOf(client.checkReplies());
      expect(signature).toHaveLength(44);
      expect(error.vendorMessage).toContain('signature="***" ***');
      expect(inspect(error, { depth: 20 })).not.toContain(signature);
      expect(inspect(error, { depth: 20 })).not.toContain(secret);
      expect(inspect(client, { depth: 20, showHidden: true })).not.toContain(secret);
    },
  );
});

test.each([
  [{ authentication: 'digest' as 'hmac' }, /not one of basic, hmac.*MESSAGEMEDIA_AUTHENTICATION/],
  [{ apiKey: 'a"b' }, /quotes/],
  [{ apiKey: 'a\r\nb' }, /printable/],
])('%j is refused', (change, words) => {
  const options = { baseUrl: 'eu', apiKey: 'key', apiSecret: 'S3cret', authentication: 'hmac' as const };
  expect(() => createProvider({ ...options, ...change })).toThrow(words);
});
