import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ApiError } from './errors.ts';

export interface Credentials {
  apiKey: string;
  apiSecret: string;
}

/** How far a signed `Date` may be from now, in seconds. MessageMedia does not document it; this is strict, to find old dates. */
const clockTolerance = 300;

/** Checks Basic authentication, or HMAC as MessageMedia describes it. @throws {ApiError} 401 */
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
  const hash = body.length > 0 ? createHash('md5').update(body).digest('hex') : undefined;
  if (parts.algorithm !== 'hmac-sha256' || headers['content-md5'] !== hash) return false;
  if (parts.headers !== (hash === undefined ? 'Date request-line' : 'Date Content-MD5 request-line')) return false;
  const lines = [`Date: ${headers.date}`, ...(hash ? [`Content-MD5: ${hash}`] : []), `${method} ${url} HTTP/1.1`];
  const age = Math.abs(Date.now() - Date.parse(headers.date ?? '')) / 1000;
  const signature = createHmac('sha256', credentials.apiSecret).update(lines.join('\n')).digest('base64');
  return age <= clockTolerance && parts.username === credentials.apiKey && isEqual(parts.signature ?? '', signature);
}

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
