import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createProvider, type Provider } from '../../../lambda/messagemedia/client.ts';
import { ProviderError } from '../../../lambda/messagemedia/error.ts';
import { listen } from '../../../sandbox/http.ts';
import { type ProviderSimulator, startProvider } from '../../../sandbox/messagemedia/server.ts';
import { clientOf, failureOf, withServer, withTcp } from './fixture.ts';

const absentId = '00000000-0000-4000-8000-000000000000';
const secret = 'S3cret/with+signs';

let provider: ProviderSimulator;
let client: Provider;
beforeAll(async () => {
  provider = await startProvider({ modulusLength: 1024 });
  ({ client } = clientOf(provider));
});
afterAll(() => provider.close());

describe('an answer that refuses says what to do', () => {
  const answers: [number, string, string, RegExp][] = [
    [400, 'Bad Request', 'invalid_request', /correct what/],
    [401, 'Invalid authentication credentials', 'unauthorized', /MESSAGEMEDIA_API_KEY and MESSAGEMEDIA_API_SECRET/],
    [402, 'Payment required', 'invalid_request', /correct/],
    [403, 'This feature has not been enabled in your account.', 'feature_not_enabled', /support.*API_SECURE_CALLBACKS/],
    [403, 'Denied', 'forbidden', /account/],
    [404, 'Not found', 'not_found', /list what there is/],
    [409, 'Exists', 'conflict', /update or delete/],
    [400, 'Maximum number of webhooks (150) reached', 'too_many_webhooks', /delete those that are not in use/],
    [422, 'Unprocessable Entity', 'old_tls', /\+65.*TLS 1\.3.*host.*proxies/],
    [429, 'Too many requests', 'rate_limited', /wait/],
    [500, 'Something went wrong', 'server_error', /try again later.*may have been carried out/],
    [503, 'Unavailable', 'server_error', /try again later/],
  ];
  test.each(answers)('%i "%s" is %s', async (status, message, code, advice) => {
    const body = JSON.stringify({ message, details: ['/field: wrong'] });
    const [url, error] = await withServer(
      (_request, response) => response.writeHead(status).end(body),
      async (server) => [server.url, await failureOf(clientOf(server).client.sendMessages([]))] as const,
    );
    expect(error).toMatchObject({ name: 'ProviderError', code, status, vendorMessage: message });
    expect(error.details).toEqual(['/field: wrong']);
    expect(error.message).toMatch(advice);
    expect(error.message).toContain(`POST ${url}/v1/messages answered ${status} "${message}; /field: wrong"`);
  });

  test('an answer in other words than the API has', async () => {
    for (const body of ['<html>Bad gateway</html>', '', 'null', '{"message":{},"details":"x"}']) {
      provider.failNext(/POST/, { status: 502, body });
      const error = await failureOf(client.sendMessages([]));
      expect(error).toMatchObject({ code: 'server_error', status: 502, vendorMessage: undefined, details: [] });
    }
  });

  test('the simulator refuses for real: password, account, feature', async () => {
    const wrong = clientOf(provider, { apiSecret: 'guess' }).client;
    expect(await failureOf(wrong.listSignatureKeys())).toMatchObject({ code: 'unauthorized', status: 401 });
    const stranger = clientOf(provider, { account: 'Other' }).client;
    expect(await failureOf(stranger.listSignatureKeys())).toMatchObject({ code: 'forbidden', status: 403 });
    const plain = await startProvider({ featureEnabled: false });
    const error = await failureOf(clientOf(plain).client.createSignatureKey('SHA256')).finally(plain.close);
    expect(error).toMatchObject({ code: 'feature_not_enabled', status: 403 });
  });

  test('what is not there, and what is there already', async () => {
    expect(await failureOf(client.enableSignatureKey(absentId))).toMatchObject({ code: 'not_found', status: 404 });
    const webhook = { url: 'https://a.example/', method: 'POST', encoding: 'JSON', events: ['RECEIVED_SMS'] } as const;
    await client.createWebhook(webhook);
    expect(await failureOf(client.createWebhook(webhook))).toMatchObject({ code: 'conflict', status: 409 });
  });
});

test('a redirect is not followed: the credentials would go along', async () => {
  const visited: unknown[] = [];
  const elsewhere = await listen(0, ({ url }, response) => {
    visited.push(url);
    response.end('[]');
  });
  provider.failNext(/GET/, { status: 307, headers: { location: elsewhere.url } });
  const error = await failureOf(client.listSignatureKeys()).finally(elsewhere.close);
  expect(error).toMatchObject({ code: 'redirected', status: 307, message: expect.stringMatching(/base URL/) });
  expect(visited).toEqual([]);
});

test('a host that nobody listens on is named, with what to check', async () => {
  const closed = await listen(0, () => {});
  await closed.close();
  const error = await failureOf(clientOf(closed).client.listSignatureKeys());
  expect(error).toMatchObject({ code: 'unreachable', status: undefined });
  expect(error.message).toContain(`could not reach ${new URL(closed.url).host} (ECONNREFUSED), in the last of 4 tries`);
  expect(error.message).toMatch(/DNS.*proxy and firewall/);
  expect(inspect(error.cause)).toContain('ECONNREFUSED');
});

test.each([
  ['no answer', ''],
  ['half an answer', 'HTTP/1.1 201 Created\r\ncontent-length: 50\r\n\r\n{"key_id"'],
])('%s within the time is a timeout', async (_name, bytes) => {
  await withTcp(
    (socket) => socket.write(bytes),
    async (url) => {
      const hasty = createProvider({ baseUrl: url, apiKey: 'key', apiSecret: secret, timeoutMilliseconds: 100 });
      const error = await failureOf(hasty.createSignatureKey('SHA256'));
      expect(error).toMatchObject({ code: 'timeout', message: expect.stringMatching(/within 100 ms.*may have been/) });
    },
  );
});

test.each([
  ['reset', 'unreachable', undefined, /could not reach .*(ECONNRESET|UND_ERR_SOCKET)/],
  ['lost_answer', 'unreachable', undefined, /could not reach .*(ECONNRESET|UND_ERR_SOCKET)/],
  ['half_answer', 'malformed_answer', 201, /broke off its answer 201/],
] as const)('a connection that breaks (%s) leaves it open what was done', async (fault, code, status, words) => {
  provider.failNext(/POST/, fault);
  const error = await failureOf(client.createSignatureKey('SHA256'));
  expect(error).toMatchObject({ code, status, message: expect.stringMatching(words) });
  expect(error.message).toMatch(/may have been carried out/);
});

describe('options', () => {
  const good = { baseUrl: 'eu', apiKey: 'key', apiSecret: secret };
  test.each([
    'messagemedia',
    'us',
    'eu',
    'au',
    'https://api.example/mm',
    'https://api.example/v1',
    'http://127.0.0.1:1',
    'http://localhost:1',
    'http://[::1]:1',
  ])('%s is a base URL', (baseUrl) => {
    expect(() => createProvider({ ...good, baseUrl })).not.toThrow();
  });

  test.each([
    ['plain http', { baseUrl: 'http://api.messagemedia.com' }, /api\.messagemedia\.com.*https/],
    ['a host that only starts like the loopback', { baseUrl: 'http://127.0.0.1.example' }, /https/],
    ['another protocol', { baseUrl: 'ftp://api.messagemedia.com' }, /messagemedia, us, eu, au/],
    ['a name that is none', { baseUrl: 'uk' }, /messagemedia, us, eu, au/],
    ['a name that every object has', { baseUrl: 'constructor' }, /messagemedia, us, eu, au/],
    [
      'credentials in the URL',
      { baseUrl: `https://key:${secret.replace('/', '')}@api.messagemedia.com` },
      /credentials/,
    ],
    ['a query', { baseUrl: 'https://api.messagemedia.com?a=b' }, /query/],
    ['no API key', { apiKey: '' }, /MESSAGEMEDIA_API_KEY/],
    ['no API secret', { apiSecret: '' }, /MESSAGEMEDIA_API_SECRET/],
    ['a colon in the API key', { apiKey: 'a:b' }, /colon/],
    ['a line break in the account', { account: 'a\r\nhost: b' }, /account/],
  ])('%s is refused', (_name, wrong, words) => {
    const create = () => createProvider({ ...good, ...wrong });
    expect(create).toThrow(ProviderError);
    expect(create).toThrow(words);
    expect(create).toThrow(expect.objectContaining({ code: 'invalid_options' }));
    expect(create).not.toThrow(/S3cret/);
  });
});
