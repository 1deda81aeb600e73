import { describe, expect, test } from '@jest/globals';
import type { Cause } from '../../diagnosis/causes.ts';
import { targetCandidates } from '../../diagnosis/targets.ts';

/** The targets that one cause explains. */
const found = (cause: Cause, arrived: string, hosts: string[] = [], prefixes: string[] = []) =>
  targetCandidates(arrived, hosts, prefixes)
    .filter((candidate) => candidate.cause === cause)
    .map(({ part }) => part);

test('likeliest first, each once, and never the target that arrived', () => {
  const all = targetCandidates('/a/?x=1&x=1', ['h'], ['prod']);
  const parts = all.map(({ part }) => part);
  expect(new Set(parts).size).toBe(parts.length);
  expect(parts).not.toContain('/a/?x=1&x=1');
  expect([...new Set(all.map(({ cause }) => cause))]).toEqual([
    'path_prefix_added',
    'path_prefix_removed',
    'trailing_slash',
    'query_added',
    'absolute_target',
    'fixed_request_line',
  ]);
});

describe('a prefix', () => {
  test('of up to three segments was added', () => {
    expect(found('path_prefix_added', '/a/b/c/d/e?x=1')).toEqual(['/b/c/d/e?x=1', '/c/d/e?x=1', '/d/e?x=1']);
    expect(found('path_prefix_added', '/a/b')).toEqual(['/b']);
    expect(found('path_prefix_added', '/a')).toEqual([]);
  });

  test('was removed: one that is known for this front door, or a common one', () => {
    const common = 'prod dev test stage staging live v1 v2 api default $default webhooks'.split(' ');
    expect(found('path_prefix_removed', '/a?x=1', [], ['own'])).toEqual(
      ['own', ...common].map((prefix) => `/${prefix}/a?x=1`),
    );
  });
});

test('a slash at the end', () => {
  expect(found('trailing_slash', '/a/?x=1')).toEqual(['/a?x=1']);
  expect(found('trailing_slash', '/a?x=1')).toEqual(['/a/?x=1']);
});

test('the whole URL was signed, or arrived', () => {
  const hosts = ['h:1', 'h'];
  expect(found('absolute_target', '/a?x=1', hosts)).toEqual([
    'https://h:1/a?x=1',
    'http://h:1/a?x=1',
    'h:1/a?x=1',
    'https://h/a?x=1',
    'http://h/a?x=1',
    'h/a?x=1',
  ]);
  expect(found('absolute_target', 'https://h/a?x=1')).toEqual(['/a?x=1']);
  expect(found('absolute_target', 'HTTP://h:1/')).toEqual(['/']);
  for (const none of ['/http://h/a', 'https://h', 'ftp://h/a', 'https:///a'])
    expect(found('absolute_target', none)).toEqual([]);
  // A line break cannot arrive, but must not end the path early.
  expect(found('absolute_target', 'https://h/a\nb')).toEqual([]);
});

test('the path "/" of a sample was signed', () => {
  expect(found('fixed_request_line', '/a?x=1')).toEqual(['/?x=1', '/']);
  expect(found('fixed_request_line', '/a')).toEqual(['/']);
});

describe('a query', () => {
  test('was dropped', () => {
    expect(found('query_dropped', '/a')).toEqual([
      '/a?kind=delivery-report',
      '/a?kind=reply',
      '/a?kind=opt-out',
      '/a?kind=webhook',
      '/a?',
    ]);
    expect(found('query_dropped', '/a?x')).toEqual([]);
    expect(found('query_dropped', '/a?')).toEqual([]);
  });

  test('was added', () => {
    expect(found('query_added', '/a?x=1?y=2')).toEqual(['/a']);
    expect(found('query_added', '/a?x\ny')).toEqual(['/a']);
    expect(found('query_added', '/a')).toEqual([]);
  });

  test('has another order: every one of a few parameters, and of many the sorted and the reverse', () => {
    expect(found('query_reordered', '/a?c&a&b').toSorted()).toEqual([
      '/a?a&b&c',
      '/a?a&c&b',
      '/a?b&a&c',
      '/a?b&c&a',
      '/a?c&b&a',
    ]);
    expect(found('query_reordered', '/a?c&a&b').slice(0, 2)).toEqual(['/a?a&b&c', '/a?b&a&c']);
    expect(found('query_reordered', '/a?e&d&a&b&c')).toHaveLength(119);
    expect(found('query_reordered', '/a?f&d&a&b&c&e')).toEqual(['/a?a&b&c&d&e&f', '/a?e&c&b&a&d&f']);
    expect(found('query_reordered', '/a?a')).toEqual([]);
  });
});

describe('another spelling of', () => {
  test('a path', () => {
    expect(found('percent_encoding', "/a%2Fb/%C3%a9 é'=+")).toEqual([
      "/a%2Fb/%C3%A9 é'=+",
      "/a%2fb/%c3%a9 é'=+",
      "/a/b/é é'=+",
      "/a/b/%C3%A9%20%C3%A9'=+",
      "/a/b/%c3%a9%20%c3%a9'=+",
      "/a%2Fb/%C3%A9%20%C3%A9'%3D%2B",
    ]);
  });

  test('a query', () => {
    const spellings = found('percent_encoding', "/é?q=(a)%20b/ü&r=a=b+'!*&s");
    expect(spellings).toEqual([
      "/é?q=(a) b/ü&r=a=b+'!*&s",
      "/%C3%A9?q=(a)%20b/%C3%BC&r=a=b+'!*&s",
      "/%c3%a9?q=(a)%20b/%c3%bc&r=a=b+'!*&s",
      "/%C3%A9?q=(a)%20b/ü&r=a=b+'!*&s",
      "/é?q=(a)%20b/ü&r=a=b%20'!*&s",
      "/é?q=(a)+b/ü&r=a=b+'!*&s",
      "/é?q=(a)%20b%2F%C3%BC&r=a%3Db%20'!*&s",
      '/é?q=%28a%29%20b%2F%C3%BC&r=a%3Db%20%27%21%2A&s',
      '/é?q=%28a%29+b%2F%C3%BC&r=a%3Db+%27%21%2A&s',
      "/é?q=(a)+b%2F%C3%BC&r=a%3Db+'!*&s",
      '/é?q=%28a%29%20b%2f%c3%bc&r=a%3db%20%27%21%2a&s',
      "/é?q=(a)%20b/%C3%BC&r=a=b%20'!*&s",
    ]);
  });

  test('what cannot be decoded', () => {
    expect(found('percent_encoding', '/%zz')).toEqual(['/%25zz']);
    expect(found('percent_encoding', '/a?%zz')).toEqual(['/a?%25zz']);
  });
});
