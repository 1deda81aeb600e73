import { gzipSync } from 'node:zlib';
import type { Cause } from '../diagnosis/causes.ts';
import { signatureHeaders } from '../lambda/contract.ts';
import type { WireRequest } from '../signing/sender.ts';

type Break = (request: WireRequest) => WireRequest;

const withBody =
  (change: (body: Buffer) => Buffer | string): Break =>
  (request) => ({ ...request, body: Buffer.from(change(request.body) as Buffer) });
const withText = (change: (text: string) => string) => withBody((body) => change(body.toString()));
const withTarget =
  (change: (target: string) => string): Break =>
  (request) => ({ ...request, target: change(request.target) });
const withHeaders =
  (change: (headers: Map<string, string>) => void): Break =>
  (request) => {
    const headers = new Map(Object.entries(request.headers));
    change(headers);
    return { ...request, headers: Object.fromEntries(headers) };
  };
const withHeader = (name: string, change: (value: string) => string | undefined) =>
  withHeaders((headers) => {
    const value = change(headers.get(name) ?? '');
    if (value === undefined) headers.delete(name);
    else headers.set(name, value);
  });
const rewritten = (write: (value: unknown) => string) => withText((text) => write(JSON.parse(text)));
const rename = (from: string, to: string) =>
  withHeaders((headers) => {
    headers.set(to, headers.get(from) ?? '');
    headers.delete(from);
  });
const later = (seconds: number) =>
  withHeader('date', (date) => new Date(Date.parse(date) + seconds * 1000).toUTCString());
const { signature } = signatureHeaders;

/** Ways to break a request between sender and receiver, and the cause that the doctor must find for each. */
export const breaks: readonly [name: string, cause: Cause, change: Break][] = [
  ['JSON with 2 spaces', 'body_rewritten', rewritten((value) => JSON.stringify(value, null, 2))],
  ['JSON with 4 spaces', 'body_rewritten', rewritten((value) => JSON.stringify(value, null, 4))],
  ['JSON with tabs', 'body_rewritten', rewritten((value) => JSON.stringify(value, null, '\t'))],
  [
    'JSON as Python writes it',
    'body_rewritten',
    withText((text) => text.replace(/("(?:[^"\\]|\\.)*"?)|([:,])/g, (_, quoted, gap) => quoted ?? `${gap} `)),
  ],
  [
    'JSON as PHP writes it',
    'body_rewritten',
    withText((text) => text.replaceAll('/', '\\/') + (text.includes('/') ? '' : ' ')),
  ],
  ['a newline at the end', 'body_newline', withText((text) => `${text}\n`)],
  ['a carriage return, too', 'body_newline', withText((text) => `${text}\r\n`)],
  ['a byte order mark', 'body_bom', withText((text) => `\ufeff${text}`)],
  [
    'read as Latin-1, written as UTF-8',
    'body_charset',
    withBody((body) => Buffer.from(body.toString('latin1'), 'utf8')),
  ],
  [
    'read as UTF-8, written as Latin-1',
    'body_charset',
    withBody((body) => Buffer.from(body.toString('utf8'), 'latin1')),
  ],
  ['still in base64', 'body_base64', withBody((body) => body.toString('base64'))],
  ['compressed', 'body_compression', withBody((body) => gzipSync(body))],
  ['a stage in front', 'path_prefix_added', withTarget((target) => `/prod${target}`)],
  ['a base path taken away', 'path_prefix_removed', withTarget((target) => target.replace('/api/', '/'))],
  ['a slash at the end', 'trailing_slash', withTarget((target) => target.replace(/(\?|$)/, '/$1'))],
  ['no query', 'query_dropped', withTarget((target) => target.replace(/\?.*/, ''))],
  ['scheme and host', 'absolute_target', withTarget((target) => `https://hooks.example.com${target}`)],
  [
    'another method',
    'method_changed',
    (request) => ({ ...request, method: request.method === 'PUT' ? 'POST' : 'PUT' }),
  ],
  ['a Date 2 s later', 'date_replaced', later(2)],
  ['a Date 5 minutes earlier', 'date_replaced', later(-300)],
  ['a Date with +0000', 'date_reformatted', withHeader('date', (date) => date.replace('GMT', '+0000'))],
  ['a Date as asctime', 'date_reformatted', withHeader('date', (date) => asctime(date))],
  ['a Date in ISO 8601', 'date_reformatted', withHeader('date', (date) => new Date(date).toISOString())],
  ['a Date that API Gateway renamed', 'headers_renamed', rename('date', 'x-amzn-remapped-date')],
  ['underscores in names', 'headers_renamed', rename(signature, 'x_messagemedia_signature')],
  ['no signature', 'headers_missing', withHeader(signature, () => undefined)],
  [
    'a signature in hex',
    'signature_encoding',
    withHeader(signature, (value) => Buffer.from(value, 'base64').toString('hex')),
  ],
  [
    'a signature in base64url',
    'signature_encoding',
    withHeader(signature, (value) => `${Buffer.from(value, 'base64').toString('base64url')}`),
  ],
  ['a signature that is cut', 'signature_length', withHeader(signature, (value) => value.slice(0, 100))],
  [
    'another digest in the header',
    'digest_header',
    withHeader(signatureHeaders.digest, (value) => (value === 'SHA512' ? 'SHA256' : 'SHA512')),
  ],
];

function asctime(date: string): string {
  const [, day, dayOfMonth, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/.exec(date) ?? [];
  return `${day} ${month} ${String(Number(dayOfMonth)).padStart(2)} ${time} ${year}`;
}
