import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ApiError } from './errors.ts';

/** Credentials that may call. */
export interface Credentials {
  apiKey: string;
  apiSecret: string;
}

/** How far a signed `Date` may be from now, in seconds. MessageMedia does not document it; this is strict, to find old dates. */
const clockTolerance = 300;

/**
 * Checks Basic or HMAC authentication of a call.
 *
 * HMAC follows the steps in MessageMedia's description, which names SHA-256. Its own client libraries sign with SHA-1, and
 * call the hash of the body `x-Content-MD5`. Both are taken.
 *
 * @throws {ApiError} 401
 */
export function authenticate(request: IncomingMessage, body: Buffer, credentials: Credentials): void {
  const { authorization = '' } = request.headers;
  const genuine = /^hmac /i.test(authorization)
    ? isSigned(authorization, request, body, credentials)
    : isEqual(authorization, basic(credentials));
  if (!genuine) throw new ApiError(401, 'Invalid authentication credentials');
}

function basic({ apiKey, apiSecret }: Credentials): string {
  return `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString('base64')}`;
}

function isSigned(authorization: string, request: IncomingMessage, body: Buffer, credentials: Credentials): boolean {
  const { method, url, headers } = request;
  const parts: Record<string, string> = Object.fromEntries(
    [...authorization.matchAll(/\b(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
  const algorithm = algorithms[parts.algorithm ?? ''];
  const names = (parts.headers ?? '').split(' ');
  const hashName = names.find((name) => /^(x-)?content-md5$/i.test(name)) ?? '';
  const expected = body.length > 0 ? ['date', hashName.toLowerCase(), 'request-line'] : ['date', 'request-line'];
  if (algorithm === undefined || names.map((name) => name.toLowerCase()).join(' ') !== expected.join(' ')) return false;
  if (body.length > 0 && headers[hashName.toLowerCase()] !== createHash('md5').update(body).digest('hex')) return false;
  const lines = names.map((name) =>
    name.toLowerCase() === 'request-line' ? `${method} ${url} HTTP/1.1` : `${name}: ${headers[name.toLowerCase()]}`,
  );
  const age = Math.abs(Date.now() - Date.parse(headers.date ?? '')) / 1000;
  const signature = createHmac(algorithm, credentials.apiSecret).update(lines.join('\n')).digest('base64');
  return age <= clockTolerance && parts.username === credentials.apiKey && isEqual(parts.signature ?? '', signature);
}

const algorithms: Record<string, string | undefined> = { 'hmac-sha256': 'sha256', 'hmac-sha1': 'sha1' };

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
