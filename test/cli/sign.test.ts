import { expect, test } from '@jest/globals';
import { curlOf, signedTarget } from '../../cli/commands/sign.ts';
import { UsageError } from '../../cli/options.ts';

test.each([
  ['https://example.com/a%2Fb/../c?x=1&x=%20#fragment', '/a%2Fb/../c?x=1&x=%20'],
  ['HTTP://127.0.0.1:3000/a', '/a'],
  ['https://example.com', '/'],
  ['https://example.com?x=1', '/?x=1'],
])('of %s, %s is signed', (url, target) => {
  expect(signedTarget(url)).toBe(target);
});

test.each(['example.com/x', 'ftp://example.com/', 'https://', ''])('"%s" is refused in words', (url) => {
  expect(() => signedTarget(url)).toThrow(new UsageError(`"${url}" is not an http or https URL.`));
});

test.each([
  ['a b', ["--data-raw 'a b'"]],
  ['@body.json', ["--data-binary '@body.json'"]],
  ['', []],
])('a curl command sends "%s", and everything is quoted for a shell', (data, last) => {
  const lines = ["curl --path-as-is -X POST 'https://example.com/a'", String.raw`-H 'x-a: it'\''s'`, ...last];
  expect(curlOf('POST', 'https://example.com/a', { 'x-a': "it's" }, data)).toBe(lines.join(' \\\n  '));
});
