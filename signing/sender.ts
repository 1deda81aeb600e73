import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { signatureHeaders } from '../lambda/contract.ts';
import { type Digest, sign } from '../lambda/signature.ts';

/** A webhook before it is signed. */
export interface Webhook {
  method: string;
  /** Path and query as they go over the wire. */
  target: string;
  contentType?: string;
  body: string | Buffer;
}

/** A request as it goes over the wire. */
export interface WireRequest {
  method: string;
  target: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** A private key, and the values for it in MessageMedia's headers. */
export interface SigningKey {
  id: string;
  digest: Digest;
  privateKey: KeyObject;
}

/**
 * Writes the request as MessageMedia does, signed unless there is no key.
 *
 * @param when the value of `Date`, or the time, which is written with two digits of the day
 */
export function toWire(webhook: Webhook, key: SigningKey | undefined, when: Date | string = new Date()): WireRequest {
  const { method, target, contentType } = webhook;
  const body = Buffer.from(webhook.body);
  const date = typeof when === 'string' ? when : when.toUTCString();
  const headers: Record<string, string> = { date };
  if (contentType !== undefined) headers['content-type'] = contentType;
  if (key) {
    headers[signatureHeaders.signature] = sign({ method, target, date, body }, key.privateKey, key.digest);
    headers[signatureHeaders.digest] = key.digest;
    headers[signatureHeaders.cipher] = 'RSA';
    headers[signatureHeaders.keyId] = key.id;
  }
  return { method, target, headers, body };
}

/** The receiver's answer. */
export interface DeliveryAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/**
 * Sends a request without touching its target, which `fetch` would normalise.
 *
 * @param signal aborts the request, even in the middle of the answer
 */
export async function deliver(origin: string, request: WireRequest, signal?: AbortSignal): Promise<DeliveryAnswer> {
  const { method, target, headers, body } = request;
  const open = origin.startsWith('https:') ? httpsRequest : httpRequest;
  const outgoing = open(origin, {
    ...{ method, path: target, headers: { ...headers, 'content-length': body.length } },
    ...(signal && { signal }),
  });
  // A broken connection may raise an error after the answer has begun. Reading the body then fails.
  outgoing.on('error', () => {});
  outgoing.end(body);
  const [response]: [IncomingMessage] = (await once(outgoing, 'response')) as [IncomingMessage];
  const text = String(await buffer(response));
  return { status: response.statusCode ?? 0, headers: response.headers, body: text };
}
