import { createPublicKey } from 'node:crypto';
import { isObject, isUuid } from '../guards.ts';
import { parseDigest } from '../signature.ts';
import { ShapeError } from './http.ts';
import type { CreatedSignatureKey, PolledItem, RegisteredWebhook, SentMessage, SignatureKey } from './types.ts';

/*
 * Each reader copies only the fields that it knows from an answer. It throws a ShapeError that names the first field that it
 * cannot accept.
 */

/** @throws {ShapeError} */
export function readSignatureKey(answer: unknown): SignatureKey {
  const { key_id, cipher, digest: digestName, created, enabled } = object(answer, 'the key');
  const digest = typeof digestName === 'string' ? parseDigest(digestName) : undefined;
  if (!isUuid(key_id)) throw new ShapeError('key_id is not a UUID');
  if (cipher !== 'RSA') throw new ShapeError('cipher is not RSA');
  if (digest === undefined) throw new ShapeError('digest is not SHA224, SHA256 or SHA512');
  if (typeof created !== 'string' || Number.isNaN(Date.parse(created))) throw new ShapeError('created is not a date');
  if (typeof enabled !== 'boolean') throw new ShapeError('enabled is neither true nor false');
  return { key_id, cipher, digest, created, enabled };
}

/** @throws {ShapeError} */
export function readCreatedSignatureKey(answer: unknown): CreatedSignatureKey {
  const public_key = rsaSpki(object(answer, 'the key').public_key);
  return { ...readSignatureKey(answer), public_key };
}

/** @throws {ShapeError} */
export function readSignatureKeys(answer: unknown): SignatureKey[] {
  return list(answer, 'the list of keys').map(readSignatureKey);
}

/** @throws {ShapeError} also when their number differs from the number sent */
export function readSentMessages(answer: unknown, count: number): SentMessage[] {
  const messages = list(object(answer, 'the body').messages, 'messages');
  if (messages.length !== count) throw new ShapeError(`messages has ${messages.length} entries for ${count} messages`);
  return messages.map((message) => {
    const { message_id, status } = object(message, 'a message');
    if (!isUuid(message_id)) throw new ShapeError('message_id is not a UUID');
    if (typeof status !== 'string') throw new ShapeError('status is not text');
    return { message_id, status };
  });
}

/** The list of this name. Its entries stay as MessageMedia sent them. @throws {ShapeError} */
export function readPolledItems(answer: unknown, name: 'delivery_reports' | 'replies'): PolledItem[] {
  return list(object(answer, 'the body')[name], name).map((item) => object(item, `an entry of ${name}`));
}

/** A page of webhooks, and the number of webhooks in a full page. @throws {ShapeError} */
export function readWebhookPage(answer: unknown): { items: RegisteredWebhook[]; size: number } {
  const { pageSize, pageData } = object(answer, 'the page of webhooks');
  if (typeof pageSize !== 'number') throw new ShapeError('pageSize is not a number');
  return { items: list(pageData, 'pageData').map(readWebhook), size: pageSize };
}

/** Reads a webhook, of which only id, URL and method are always there. @throws {ShapeError} */
export function readWebhook(answer: unknown): RegisteredWebhook {
  const fields = object(answer, 'the webhook');
  const { id, url, method } = fields;
  if (!isUuid(id)) throw new ShapeError('id is not a UUID');
  if (typeof url !== 'string' || typeof method !== 'string') throw new ShapeError('url or method is not text');
  const events = list(fields.events ?? [], 'events');
  const headers = Object.entries(object(fields.headers ?? {}, 'headers'));
  if (!events.every(isText)) throw new ShapeError('an event is not text');
  if (!headers.every((header): header is [string, string] => isText(header[1]))) {
    throw new ShapeError('a header is not text');
  }
  return {
    id,
    url,
    method,
    events,
    headers: Object.fromEntries(headers),
    ...optional(fields, ['encoding', 'template'], isText, 'text'),
    ...optional(fields, ['read_timeout', 'retries', 'retry_delay'], Number.isInteger as IsNumber, 'a whole number'),
  };
}

export type Fields = Record<string, unknown>;
type IsNumber = (value: unknown) => value is number;

/** The named fields that are there and not null. @throws {ShapeError} */
export function optional<Name extends string, Value>(
  fields: Fields,
  names: readonly Name[],
  accepts: (value: unknown) => value is Value,
  what: string,
): Partial<Record<Name, Value>> {
  const found: Partial<Record<Name, Value>> = {};
  for (const name of names) {
    const value = fields[name] ?? undefined;
    if (value === undefined) continue;
    if (!accepts(value)) throw new ShapeError(`${name} is not ${what}`);
    found[name] = value;
  }
  return found;
}

/** @param name in the error @throws {ShapeError} */
export function object(value: unknown, name: string): Fields {
  if (isObject(value)) return value;
  throw new ShapeError(`${name} is not an object`);
}

/** @param name in the error @throws {ShapeError} */
export function list(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new ShapeError(`${name} is not a list`);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function rsaSpki(value: unknown): string {
  try {
    if (isText(value) && /^[A-Za-z0-9+/]+={0,2}$/.test(value) && isRsa(Buffer.from(value, 'base64'))) return value;
  } catch {
    // What cannot be read is not a key either.
  }
  throw new ShapeError('public_key is not an RSA public key in base64 SPKI DER');
}

function isRsa(key: Buffer): boolean {
  return createPublicKey({ key, format: 'der', type: 'spki' }).asymmetricKeyType === 'rsa';
}
