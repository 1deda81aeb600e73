import { describe, expect, test } from '@jest/globals';
import { UsageError } from '../../cli/options.ts';
import { curlOf, headerLines, signedHeaders } from '../../cli/signed-request.ts';
import { verify } from '../../lambda/signature.ts';
import { makeKey } from '../support.ts';

const key = makeKey('SHA512', 1024);
const request = {
  method: 'POST',
  url: 'https://example.com/a',
  date: new Date('2026-11-24T09:00:00Z'),
  contentType: 'application/json',
  body: Buffer.from('{"a":"it\'s"}'),
};

describe('signed headers', () => {
  test.each([
    ['https://example.com/a%2Fb/../c?x=1&x=%20#fragment', '/a%2Fb/../c?x=1&x=%20'],
    ['HTTP://127.0.0.1:3000/a', '/a'],
    ['https://example.com', '/'],
    ['https://example.com?x=1', '/?x=1'],
  ])('of %s sign %s', (url, target) => {
    const headers = signedHeaders({ ...request, url, keyId: 'k' }, key.privateKey, 'SHA512');
    const { 'X-MessageMedia-Signature': signature = '', ...others } = headers;
    expect(others).toEqual({
      Date: 'Tue, 24 Nov 2026 09:00:00 GMT',
      'Content-Type': 'application/json',
      'X-MessageMedia-Digest-Type': 'SHA512',
      'X-MessageMedia-Cipher-Type': 'RSA',
      'X-MessageMedia-Key-Id': 'k',
    });
    const signed = { method: 'POST', target, date: 'Tue, 24 Nov 2026 09:00:00 GMT', body: request.body };
    expect(verify(signed, signature, key.publicKey, 'SHA512')).toBe(true);
  });

  test('name no key without an id', () => {
    expect(signedHeaders(request, key.privateKey, 'SHA512')).not.toHaveProperty('X-MessageMedia-Key-Id');
  });

  test.each(['example.com/x', 'ftp://example.com/', 'https://', ''])('of "%s" are refused in words', (url) => {
    const sign = () => signedHeaders({ ...request, url }, key.privateKey, 'SHA512');
    expect(sign).toThrow(new UsageError(`"${url}" is not an http or https URL.`));
  });
});

const date = 'Date: Tue, 24 Nov 2026 09:00:00 GMT';
const headers = { Date: 'Tue, 24 Nov 2026 09:00:00 GMT', 'X-A': "it's" };

test('headers are lines of text', () => {
  expect(headerLines(headers)).toEqual([date, "X-A: it's"]);
});

test.each([
  ['a b', ["--data-raw 'a b'"]],
  ['@body.json', ["--data-binary '@body.json'"]],
  ['', []],
])('a curl command sends "%s", and everything is quoted for a shell', (data, last) => {
  const lines = [
    "curl --path-as-is -X POST 'https://example.com/a'",
    `-H '${date}'`,
    String.raw`-H 'X-A: it'\''s'`,
    ...last,
  ];
  expect(curlOf(request, headers, data)).toBe(lines.join(' \\\n  '));
});
