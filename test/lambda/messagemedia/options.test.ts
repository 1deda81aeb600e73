import { describe, expect, test } from '@jest/globals';
import { basicAuthentication, hmacAuthentication } from '../../../lambda/messagemedia/authentication.ts';
import { createProvider } from '../../../lambda/messagemedia/client.ts';
import { ProviderError } from '../../../lambda/messagemedia/error.ts';
import { connectionOf, type ProviderOptions, resolveBaseUrl } from '../../../lambda/messagemedia/options.ts';

const options: ProviderOptions = { baseUrl: 'eu', apiKey: 'key', apiSecret: 'S3cret' };
const call = { method: 'GET', target: '/v1', body: undefined };

test.each([
  ['https://api.test/', 'https://api.test'],
  ['https://api.test/proxy//', 'https://api.test/proxy'],
  ['http://localhost:8080', 'http://localhost:8080'],
  ['http://127.10.200.1', 'http://127.10.200.1'],
  ['http://[::1]:80/', 'http://[::1]'],
  ['us', 'https://us.app.api.sinch.com'],
  ['https://api.test/v1', 'https://api.test'],
  ['https://api.test/proxy/v1/', 'https://api.test/proxy'],
  ['https://api.test//v1', 'https://api.test'],
  ['https://api.test/v1/mm', 'https://api.test/v1/mm'],
  ['https://api.test/v2', 'https://api.test/v2'],
  ['https://api.test/env1', 'https://api.test/env1'],
])('the base URL %s is %s', (baseUrl, expected) => {
  expect(resolveBaseUrl(baseUrl)).toBe(expected);
});

test.each(['https://name@api.test', 'https://:word@api.test', 'https://api.test?a', 'https://api.test#a'])(
  'a base URL has a path and nothing more: %s',
  (baseUrl) => {
    expect(() => resolveBaseUrl(baseUrl)).toThrow('may have a path, but no credentials, query or fragment');
  },
);

test.each(['notlocalhost', 'localhost.test', 'a.127.0.0.1.test', 'api.test'])('no plain HTTP to %s', (host) => {
  expect(() => resolveBaseUrl(`http://${host}`)).toThrow(`plain http to ${host}, which would expose the credentials`);
});

test('what one authentication cannot carry, the other can', () => {
  expect(connectionOf({ ...options, apiKey: 'a:b', authentication: 'hmac' }).headers(call).authorization).toContain(
    'username="a:b"',
  );
  expect(connectionOf({ ...options, apiKey: 'a"b' }).headers(call).authorization).toMatch(/^Basic /);
});

test('an account is named only if there is one', () => {
  expect(Object.keys(connectionOf(options).headers(call))).toEqual(['accept', 'authorization']);
  expect(connectionOf({ ...options, account: 'sub' }).headers(call)).toMatchObject({ account: 'sub' });
});

test('credentials in text become stars', () => {
  const { redact, headers } = basicAuthentication('key', 'S3cret');
  expect(redact(`${headers(call).authorization} S3cret`)).toBe('Basic *** ***');
  const hmac = hmacAuthentication('key', 'S3cret');
  expect(hmac.redact('signature="abc" S3cret')).toBe('signature="***" ***');
  expect(Object.keys(hmac.headers(call))).toEqual(['date', 'authorization']);
});

describe('options', () => {
  const good = { baseUrl: 'eu', apiKey: 'key', apiSecret: 'S3cret/with+signs' };
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
    ['credentials in the URL', { baseUrl: 'https://key:S3cretwith+signs@api.messagemedia.com' }, /credentials/],
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
