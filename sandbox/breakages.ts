import { gzipSync } from 'node:zlib';
import type { Cause } from '../diagnosis/causes.ts';
import type { WireRequest } from '../signing/sender.ts';

type Break = (request: WireRequest) => WireRequest;

const withText =
  (change: (text: string) => string, from: BufferEncoding = 'utf8', to: BufferEncoding = 'utf8'): Break =>
  (request) => ({ ...request, body: Buffer.from(change(request.body.toString(from)), to) });
const written = (space: number | string) => withText((text) => JSON.stringify(JSON.parse(text), null, space));
const withTarget =
  (change: (target: string) => string): Break =>
  (request) => ({ ...request, target: change(request.target) });
/** @param to the header's new name. A value that is `undefined` takes the header away. */
const withHeader =
  (name: string, change: (value: string) => string | undefined, to = name): Break =>
  (request) => {
    const { [name]: value = '', ...others } = request.headers;
    const changed = change(value);
    return { ...request, headers: changed === undefined ? others : { ...others, [to]: changed } };
  };
const withDate = (change: (date: Date) => string) => withHeader('date', (date) => change(new Date(date)));
const later = (seconds: number) => withDate((date) => new Date(date.getTime() + seconds * 1000).toUTCString());
const signature = 'x-messagemedia-signature';
const signedIn = (encoding: BufferEncoding) =>
  withHeader(signature, (value) => Buffer.from(value, 'base64').toString(encoding));
const same = (text: string) => text;

const asPython = (text: string) =>
  text.replace(/("(?:[^"\\]|\\.)*"?)|([:,])/g, (_, quoted, gap) => quoted ?? `${gap} `);
const asPhp = (text: string) => text.replaceAll('/', '\\/') + (text.includes('/') ? '' : ' ');
const otherDigest = (value: string) => (value === 'SHA512' ? 'SHA256' : 'SHA512');
const otherMethod: Break = (request) => ({ ...request, method: request.method === 'PUT' ? 'POST' : 'PUT' });

/** Ways to break a request between sender and receiver, and the cause that the doctor must find for each. */
export const breaks: readonly [name: string, cause: Cause, change: Break][] = [
  ['JSON with 2 spaces', 'body_rewritten', written(2)],
  ['JSON with 4 spaces', 'body_rewritten', written(4)],
  ['JSON with tabs', 'body_rewritten', written('\t')],
  ['JSON as Python writes it', 'body_rewritten', withText(asPython)],
  ['JSON as PHP writes it', 'body_rewritten', withText(asPhp)],
  ['a newline at the end', 'body_newline', withText((text) => `${text}\n`)],
  ['a carriage return, too', 'body_newline', withText((text) => `${text}\r\n`)],
  ['a byte order mark', 'body_bom', withText((text) => `\ufeff${text}`)],
  ['read as Latin-1, written as UTF-8', 'body_charset', withText(same, 'latin1', 'utf8')],
  ['read as UTF-8, written as Latin-1', 'body_charset', withText(same, 'utf8', 'latin1')],
  ['still in base64', 'body_base64', withText(same, 'base64')],
  ['compressed', 'body_compression', (request) => ({ ...request, body: gzipSync(request.body) })],
  ['a stage in front', 'path_prefix_added', withTarget((target) => `/prod${target}`)],
  ['a base path taken away', 'path_prefix_removed', withTarget((target) => target.replace('/api/', '/'))],
  ['a slash at the end', 'trailing_slash', withTarget((target) => target.replace(/(\?|$)/, '/$1'))],
  ['no query', 'query_dropped', withTarget((target) => target.replace(/\?.*/, ''))],
  ['scheme and host', 'absolute_target', withTarget((target) => `https://hooks.example.com${target}`)],
  ['another method', 'method_changed', otherMethod],
  ['a Date 2 s later', 'date_replaced', later(2)],
  ['a Date 5 minutes earlier', 'date_replaced', later(-300)],
  ['a Date with +0000', 'date_reformatted', withHeader('date', (date) => date.replace('GMT', '+0000'))],
  ['a Date as asctime', 'date_reformatted', withHeader('date', asctime)],
  ['a Date in ISO 8601', 'date_reformatted', withDate((date) => date.toISOString())],
  ['a Date that API Gateway renamed', 'headers_renamed', withHeader('date', same, 'x-amzn-remapped-date')],
  ['underscores in names', 'headers_renamed', withHeader(signature, same, 'x_messagemedia_signature')],
  ['no signature', 'headers_missing', withHeader(signature, () => undefined)],
  ['a signature in hex', 'signature_encoding', signedIn('hex')],
  ['a signature in base64url', 'signature_encoding', signedIn('base64url')],
  ['a signature that is cut', 'signature_length', withHeader(signature, (value) => value.slice(0, 100))],
  ['another digest in the header', 'digest_header', withHeader('x-messagemedia-digest-type', otherDigest)],
];

function asctime(date: string): string {
  const [, day, dayOfMonth, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/.exec(date) ?? [];
  return `${day} ${month} ${String(Number(dayOfMonth)).padStart(2)} ${time} ${year}`;
}
