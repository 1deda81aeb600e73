import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { type Digest, sign } from '../lambda/signature.ts';
import { readBody } from './http.ts';

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

/** A private key and what MessageMedia says of it in the headers. */
export interface SigningKey {
  id: string;
  digest: Digest;
  privateKey: KeyObject;
}

/** Writes the request as MessageMedia does, signed unless there is no key. */
export function toWire(webhook: Webhook, key: SigningKey | undefined, date = new Date()): WireRequest {
  const { method, target, contentType } = webhook;
  const body = Buffer.from(webhook.body);
  const dateHeader = date.toUTCString();
  const headers: Record<string, string> = { date: dateHeader };
  if (contentType !== undefined) headers['content-type'] = contentType;
  if (key) {
    headers['x-messagemedia-signature'] = sign({ method, target, date: dateHeader, body }, key.privateKey, key.digest);
    headers['x-messagemedia-digest-type'] = key.digest;
    headers['x-messagemedia-cipher-type'] = 'RSA';
    headers['x-messagemedia-key-id'] = key.id;
  }
  return { method, target, headers, body };
}

/** Sends a request without touching its target, which `fetch` would normalise. */
export async function deliver(origin: string, { method, target, headers, body }: WireRequest) {
  const request = httpRequest(origin, { method, path: target, headers: { ...headers, 'content-length': body.length } });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const text = String(await readBody(response));
  return { status: response.statusCode ?? 0, headers: response.headers, body: text };
}
