import { createHash, createHmac } from 'node:crypto';

export const authentications = ['basic', 'hmac'] as const;
export type Authentication = (typeof authentications)[number];

export interface SignedCall {
  method: string;
  /** Path and query as they go over the wire. */
  target: string;
  /** The bytes that are sent; `undefined` for a call without a body. */
  body: string | undefined;
}

/** Makes the headers of a try, and removes secrets from text. */
export interface Authenticator {
  /** @param now the time of this try, because a signature expires */
  headers: (call: SignedCall, now?: Date) => Record<string, string>;
  /** Puts `***` in place of credentials and signatures. */
  redact: (text: string) => string;
}

/** The API key and secret in every call, in base64. */
export function basicAuthentication(apiKey: string, apiSecret: string): Authenticator {
  const credentials = Buffer.from(`${apiKey}:${apiSecret}`).toString('base64');
  return {
    headers: () => ({ authorization: `Basic ${credentials}` }),
    redact: (text) => text.replaceAll(credentials, '***').replaceAll(apiSecret, '***'),
  };
}

/**
 * An HMAC-SHA256 over `Date`, the MD5 of the body in hex, and the request line. The secret itself is never sent. This
 * follows the steps in MessageMedia's description. The signatures of its examples are shorter than any HMAC-SHA256.
 */
export function hmacAuthentication(apiKey: string, apiSecret: string): Authenticator {
  return {
    headers: ({ method, target, body }, now = new Date()) => {
      const date = now.toUTCString();
      const md5 = body === undefined ? undefined : createHash('md5').update(body).digest('hex');
      const lines = [
        `Date: ${date}`,
        ...(md5 === undefined ? [] : [`Content-MD5: ${md5}`]),
        `${method} ${target} HTTP/1.1`,
      ];
      const signature = createHmac('sha256', apiSecret).update(lines.join('\n')).digest('base64');
      const names = md5 === undefined ? 'Date request-line' : 'Date Content-MD5 request-line';
      return {
        date,
        ...(md5 !== undefined && { 'content-md5': md5 }),
        authorization: `hmac username="${apiKey}", algorithm="hmac-sha256", headers="${names}", signature="${signature}"`,
      };
    },
    redact: (text) => text.replace(/(signature=\\*")[^"\\]*/g, '$1***').replaceAll(apiSecret, '***'),
  };
}
