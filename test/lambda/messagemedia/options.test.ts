import { createHash, createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { basicAuthentication, hmacAuthentication } from '../../../lambda/messagemedia/authentication.ts';
import { ProviderError } from '../../../lambda/messagemedia/error.ts';
import { connectionOf, type ProviderOptions, resolveBaseUrl } from '../../../lambda/messagemedia/options.ts';

const options: ProviderOptions = { baseUrl: 'eu', apiKey: 'key', apiSecret: 'S3cret/with+signs' };
const call = { method: 'GET', target: '/v1', body: undefined };

test.each([
  ['messagemedia', 'https://api.messagemedia.com'],
  ['us', 'https://us.app.api.sinch.com'],
  ['eu', 'https://eu.app.api.sinch.com'],
  ['au', 'https://au.app.api.sinch.com'],
  ['https://api.test/', 'https://api.test'],
  ['https://api.test/proxy//', 'https://api.test/proxy'],
  ['http://localhost:8080', 'http://localhost:8080'],
  ['http://127.10.200.1', 'http://127.10.200.1'],
  ['http://[::1]:80/', 'http://[::1]'],
  ['https://api.test/v1', 'https://api.test'],
  ['https://api.test/proxy/v1/', 'https://api.test/proxy'],
  ['https://api.test//v1', 'https://api.test'],
  ['https://api.test/v1/mm', 'https://api.test/v1/mm'],
  ['https://api.test/v2', 'https://api.test/v2'],
  ['https://api.test/env1', 'https://api.test/env1'],
])('the base URL %s is %s', (baseUrl, expected) => {
  expect(resolveBaseUrl(baseUrl)).toBe(expected);
});

const more = 'may have a path, but no credentials, query or fragment';
const names = 'the base URL is neither one of messagemedia, us, eu, au nor an http(s) URL';
const plain = (host: string) => `plain http to ${host}, which would expose the credentials: use https`;

test.each<[Partial<ProviderOptions>, string]>([
  ...['https://name@a.test', 'https://:S3cret@a.test', 'https://a.test?a', 'https://a.test#a'].map(
    (baseUrl) => [{ baseUrl }, more] as [object, string],
  ),
  ...['notlocalhost', 'localhost.test', 'a.127.0.0.1.test', '127.0.0.1.test', 'api.messagemedia.com'].map(
    (host) => [{ baseUrl: `http://${host}` }, plain(host)] as [object, string],
  ),
  ...['ftp://api.test', 'uk', 'constructor'].map((baseUrl) => [{ baseUrl }, names] as [object, string]),
  [{ apiKey: '' }, 'set MESSAGEMEDIA_API_KEY'],
  [{ apiSecret: '' }, 'set MESSAGEMEDIA_API_SECRET'],
  [{ apiKey: 'a:b' }, 'a colon, which HTTP Basic cannot carry'],
  [{ account: 'a\r\nhost: b' }, 'the account is not printable ASCII'],
  [{ authentication: 'digest' as 'hmac' }, 'not one of basic, hmac: check MESSAGEMEDIA_AUTHENTICATION'],
  [{ authentication: 'hmac', apiKey: 'a"b' }, 'without quotes'],
  [{ authentication: 'hmac', apiKey: 'a\r\nb' }, 'printable ASCII'],
])('%j is refused', (wrong, words) => {
  const connect = () => connectionOf({ ...options, ...wrong });
  expect(connect).toThrow(ProviderError);
  expect(connect).toThrow(
    expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining(words) }),
  );
  expect(connect).not.toThrow(/S3cret/);
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

const body = '{"content":"ä"}';
const md5 = createHash('md5').update(Buffer.from(body)).digest('hex');
const date = 'Sat, 30 Jul 2016 05:13:23 GMT';
test.each([
  ['POST', '/v1/messages', body, `Content-MD5: ${md5}\n`, 'Date Content-MD5 request-line', { 'content-md5': md5 }],
  ['GET', '/v1/replies?a=b', undefined, '', 'Date request-line', {}],
])('the headers of a signed %s', (method, target, sent, hashed, signed, headers) => {
  const text = `Date: ${date}\n${hashed}${method} ${target} HTTP/1.1`;
  const signature = createHmac('sha256', 'sécret').update(text, 'utf8').digest('base64');
  const hmac = hmacAuthentication('the key', 'sécret');
  expect(hmac.headers({ method, target, body: sent }, new Date(date))).toStrictEqual({
    date,
    ...headers,
    authorization: `hmac username="the key", algorithm="hmac-sha256", headers="${signed}", signature="${signature}"`,
  });
});

test('each try is signed with its own time', () => {
  const before = Math.floor(Date.now() / 1000) * 1000;
  const { date: now = '' } = hmacAuthentication('key', 'secret').headers(call);
  expect(Date.parse(now)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(now)).toBeLessThanOrEqual(Date.now());
});

test('credentials in text become stars', () => {
  const { redact, headers } = basicAuthentication('key', 'S3cret');
  expect(redact(`${headers(call).authorization} S3cret`)).toBe('Basic *** ***');
  expect(hmacAuthentication('key', 'S3cret').redact('signature="abc" S3cret')).toBe('signature="***" ***');
});
