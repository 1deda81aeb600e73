import type { KeyObject } from 'node:crypto';
import { type Digest, sign } from '../lambda/signature.ts';
import { quote } from '../terminal/text.ts';
import { UsageError } from './options.ts';

/** A request to sign. */
interface UnsignedRequest {
  method: string;
  /** Its path and query are signed as they are written. */
  url: string;
  date: Date;
  contentType: string;
  body: Buffer;
  /** Without it, there is no header for it. */
  keyId?: string;
}

/**
 * The headers of the request, signed in the way that MessageMedia signs.
 *
 * @throws {UsageError} when the URL is none
 */
export function signedHeaders(request: UnsignedRequest, key: KeyObject, digest: Digest): Record<string, string> {
  const { method, url, contentType, body, keyId } = request;
  const date = request.date.toUTCString();
  return {
    Date: date,
    'Content-Type': contentType,
    'X-MessageMedia-Signature': sign({ method, target: targetOf(url), date, body }, key, digest),
    'X-MessageMedia-Digest-Type': digest,
    'X-MessageMedia-Cipher-Type': 'RSA',
    ...(keyId !== undefined && { 'X-MessageMedia-Key-Id': keyId }),
  };
}

/** Headers as lines of text. */
export function headerLines(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}

/** A command that sends the request. @param data the body or `@file`; empty for none */
export function curlOf(
  { method, url }: Pick<UnsignedRequest, 'method' | 'url'>,
  headers: Readonly<Record<string, string>>,
  data: string,
): string {
  return [
    // Without --path-as-is curl would normalise the path that was signed.
    `curl --path-as-is -X ${method} ${quote(url)}`,
    ...headerLines(headers).map((line) => `-H ${quote(line)}`),
    ...(data === '' ? [] : [`${data.startsWith('@') ? '--data-binary' : '--data-raw'} ${quote(data)}`]),
  ].join(' \\\n  ');
}

/** The path as it is written, because a URL object may change it. */
function targetOf(url: string): string {
  const target = /^https?:\/\/[^/?#]+([^#]*)/i.exec(url)?.[1];
  if (target === undefined) throw new UsageError(`"${url}" is not an http or https URL.`);
  return target.startsWith('/') ? target : `/${target}`;
}
