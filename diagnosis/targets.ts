import { eventKinds } from '../lambda/event/kinds.ts';
import type { Candidate } from './bodies.ts';
import type { Cause } from './causes.ts';

/** Prefixes that stages, base paths and proxies add or remove. */
const commonPrefixes = 'prod dev test stage staging live v1 v2 api default $default webhooks'.split(' ');

/** Kinds that `mmw webhooks create` writes into the URL. */
const commonQueries = Object.values(eventKinds).map(({ inUrl }) => `kind=${inUrl}`);

/** Most parameters for which all orders are tried; for five these are 120. */
const mostReordered = 5;

/**
 * Request targets that may have been signed, likeliest first.
 *
 * @param hosts names under which the request may have been called, without scheme
 */
export function targetCandidates(
  arrived: string,
  hosts: readonly string[],
  prefixes: readonly string[],
): Candidate<string>[] {
  const found = new Map<string, Candidate<string>>();
  for (const candidate of candidatesOf(arrived, hosts, prefixes)) {
    if (candidate.part !== arrived && !found.has(candidate.part)) found.set(candidate.part, candidate);
  }
  return [...found.values()];
}

function* candidatesOf(
  target: string,
  hosts: readonly string[],
  more: readonly string[],
): Generator<Candidate<string>> {
  const [path = '', query] = target.split(/\?(.*)/s);
  const withQuery = (other: string) => (query === undefined ? other : `${other}?${query}`);
  const as = (part: string, cause: Cause): Candidate<string> => ({ part, cause });

  // This comes first, because its host would look like a prefix.
  const inner = /^https?:\/\/[^/]+(\/.*)$/i.exec(target)?.[1];
  if (inner) yield as(inner, 'absolute_target');
  const segments = path.split('/').slice(1);
  for (let count = 1; count < Math.min(segments.length, 4); count++) {
    yield as(withQuery(`/${segments.slice(count).join('/')}`), 'path_prefix_added');
  }
  for (const prefix of [...more, ...commonPrefixes]) yield as(withQuery(`/${prefix}${path}`), 'path_prefix_removed');
  yield as(withQuery(path.endsWith('/') ? path.slice(0, -1) : `${path}/`), 'trailing_slash');

  for (const spelling of spellings(target)) yield as(spelling, 'percent_encoding');
  if (query !== undefined) {
    for (const order of orders(query)) yield as(`${path}?${order}`, 'query_reordered');
    yield as(path, 'query_added');
  } else {
    for (const dropped of commonQueries) yield as(`${path}?${dropped}`, 'query_dropped');
    yield as(`${path}?`, 'query_dropped');
  }
  for (const host of hosts) {
    for (const origin of [`https://${host}`, `http://${host}`, host]) yield as(origin + target, 'absolute_target');
  }
  yield as(withQuery('/'), 'fixed_request_line');
  yield as('/', 'fixed_request_line');
}

function* spellings(target: string): Generator<string> {
  const escapes = /%[0-9a-f]{2}/gi;
  const [path = '', query] = target.split(/\?(.*)/s);
  const both = (change: (part: string) => string) =>
    query === undefined ? change(path) : `${change(path)}?${change(query)}`;
  yield both((part) => part.replace(escapes, (code) => code.toUpperCase()));
  yield both((part) => part.replace(escapes, (code) => code.toLowerCase()));
  yield both(decode);
  yield both((part) => encodeURI(decode(part)));
  // The path before it was decoded, with only the necessary characters encoded, or with all that can be.
  yield both((part) => encodeURI(decode(part)).replace(escapes, (code) => code.toLowerCase()));
  yield path
    .split('/')
    .map((part) => encodeURIComponent(decode(part)))
    .join('/') + (query === undefined ? '' : `?${query}`);
  if (query === undefined) return;
  const pairs = query.split('&').map((pair) => pair.split(/=(.*)/s).slice(0, 2));
  const written = (encode: (part: string) => string) =>
    `${path}?${pairs.map((pair) => pair.map((part) => encode(decode(part.replaceAll('+', ' ')))).join('=')).join('&')}`;
  const strict = (part: string) =>
    encodeURIComponent(part).replace(/[!'()*]/g, (unit) => `%${unit.charCodeAt(0).toString(16).toUpperCase()}`);
  yield target.replaceAll('+', '%20');
  yield target.replaceAll('%20', '+');
  yield written(encodeURIComponent);
  yield written(strict);
  yield written((part) => strict(part).replaceAll('%20', '+'));
  yield written((part) => encodeURIComponent(part).replaceAll('%20', '+'));
  yield written((part) => strict(part).toLowerCase());
  yield written((part) => encodeURI(part));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function* orders(query: string): Generator<string> {
  const parameters = query.split('&');
  yield parameters.toSorted().join('&');
  yield parameters.toReversed().join('&');
  if (parameters.length <= mostReordered) yield* permutations(parameters).map((order) => order.join('&'));
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}
