import { expect, test } from '@jest/globals';
import { basicAuthentication, hmacAuthentication } from '../../../lambda/messagemedia/authentication.ts';
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
