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
 * This follows the steps in MessageMedia's description. Its two example signatures do not follow them: they are as long as
 * an HMAC-SHA1, and one of them is hex inside base64.
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
  const parts = Object.fromEntries(
    [...authorization.matchAll(/\b(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  const date = headers.date ?? '';
  const lines = [`Date: ${date}`];
  if (body.length > 0) {
    const md5 = createHash('md5').update(body).digest('hex');
    if (headers['content-md5'] !== md5) return false;
    lines.push(`Content-MD5: ${md5}`);
  }
  const text = [...lines, `${method} ${url} HTTP/1.1`].join('\n');
  const age = Math.abs(Date.now() - Date.parse(date)) / 1000;
  return (
    age <= clockTolerance &&
    parts.username === credentials.apiKey &&
    parts.algorithm === 'hmac-sha256' &&
    parts.headers === (body.length > 0 ? 'Date Content-MD5 request-line' : 'Date request-line') &&
    isEqual(parts.signature ?? '', createHmac('sha256', credentials.apiSecret).update(text).digest('base64'))
  );
}

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
