import { createPublicKey, type KeyObject } from 'node:crypto';
import { isObject, isTimestamp } from '../guards.ts';

/** The keyring secret cannot be read, or holds no readable key, so no webhook can be verified with it. */
export class KeyringError extends Error {
  override readonly name = 'KeyringError';
}

/**
 * A key as the keyring secret holds it: MessageMedia's answer when it was created, and the times of its changes. Fields
 * that are not named here are kept as they are.
 */
export interface KeyringEntry {
  /** Absent for a key that was pasted without one. */
  key_id?: string;
  /** Base64 SPKI DER, or PEM. */
  public_key: string;
  digest?: string;
  cipher?: string;
  created?: string;
  /** Id of the account at MessageMedia whose webhooks it signs, where several accounts share a receiver. */
  account?: string;
  /** RFC 3339: when a rotation put the key here. The rotation enables it when every function can have it. */
  pending_since?: string;
  /** Id of the key that was enabled when this one was created to replace it. */
  replaces?: string;
  /** RFC 3339: when this program last enabled it. */
  enabled_at?: string;
  /** RFC 3339: when it stopped signing. It still verifies what it signed until then. */
  retired_at?: string;
  /** RFC 3339: when it was deleted at MessageMedia. Its public key stays, to verify late retries. */
  deleted_at?: string;
}

/**
 * The text of a secret. Some tools store it as bytes.
 *
 * @throws {Error} for an answer with neither: what a proxy answers in the place of Secrets Manager is no empty keyring
 */
export function secretText(answer: { SecretString?: string; SecretBinary?: Uint8Array }): string {
  if (answer.SecretString !== undefined) return answer.SecretString;
  if (answer.SecretBinary !== undefined) return new TextDecoder().decode(answer.SecretBinary);
  throw new Error('Secrets Manager answered without a value, so what the secret holds is not known');
}

/** A key that waits to be enabled. */
export type PendingEntry = KeyringEntry & Required<Pick<KeyringEntry, 'key_id' | 'pending_since'>>;

/** A key that does not sign any more, but can be enabled again. */
export type RetiredEntry = KeyringEntry & Required<Pick<KeyringEntry, 'key_id' | 'retired_at'>>;

export function isPending(entry: KeyringEntry): entry is PendingEntry {
  return Boolean(entry.key_id) && entry.pending_since !== undefined && !isDeleted(entry);
}

export function isRetired(entry: KeyringEntry): entry is RetiredEntry {
  return Boolean(entry.key_id) && entry.retired_at !== undefined && !isDeleted(entry);
}

/** Whether the key was deleted at MessageMedia, so that it can never sign again. */
export function isDeleted({ deleted_at }: KeyringEntry): boolean {
  return deleted_at !== undefined;
}

/**
 * The keys in a keyring secret of any form, not validated one by one.
 *
 * @throws {KeyringError} when it has none of the forms
 */
export function readEntries(secret: string): unknown[] {
  const text = secret.trim();
  if (!text.startsWith('{')) return [{ public_key: text }];
  let parsed: { keys?: unknown };
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's own message would quote the secret.
    throw new KeyringError('The keyring secret starts like JSON but is not valid JSON');
  }
  if (parsed.keys === undefined) return [parsed];
  if (Array.isArray(parsed.keys)) return parsed.keys;
  throw new KeyringError('In the keyring secret, "keys" is not a list');
}

/** The keyring secret in the form that holds several keys. */
export function writeEntries(entries: readonly KeyringEntry[], diagnostics: Diagnostics = {}): string {
  return JSON.stringify({ keys: entries, ...diagnostics });
}

/** Largest secret of Secrets Manager, in bytes. */
export const maxSecretBytes = 65_536;

/** A warning if a keyring secret fills up, from four fifths of its room on. */
export function sizeWarnings(secret: string): string[] {
  const bytes = Buffer.byteLength(secret);
  // Stryker disable next-line EqualityOperator: four fifths of a secret are no whole number of bytes.
  if (bytes <= 0.8 * maxSecretBytes) return [];
  return [`the keyring has ${bytes} of the ${maxSecretBytes} bytes of a secret: see "mmw keys forget"`];
}

/**
 * Gives a pasted key without an id the id of the enabled key, because webhooks verify with it today. This must happen
 * before a second key is added, or nobody could tell the two apart.
 */
export function nameEnabled(
  entries: readonly KeyringEntry[],
  enabled: { key_id: string; digest: string } | undefined,
): KeyringEntry[] {
  const nameless = entries.filter(({ key_id }) => !key_id);
  const isKnown = enabled === undefined || entries.some(({ key_id }) => sameId(key_id, enabled.key_id));
  if (isKnown || nameless.length !== 1) return [...entries];
  const { key_id, digest } = enabled;
  return entries.map((entry) => (entry.key_id ? entry : { ...entry, key_id, digest: entry.digest ?? digest }));
}

/** The entry of a key. @returns `undefined` when the keyring does not name it */
export function findEntry(entries: readonly KeyringEntry[], keyId: string): KeyringEntry | undefined {
  return entries.find(({ key_id }) => sameId(key_id, keyId));
}

/** Key ids are UUIDs, so case is ignored. */
export function sameId(one: string | undefined, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase();
}

/**
 * Refuses a change that would give one public key to two accounts: events could not be told apart.
 *
 * @throws {Error} naming both; not for what was so before the change
 */
export function expectOneAccount(before: readonly KeyringEntry[], after: readonly KeyringEntry[]): void {
  const shared = findShared(after);
  if (shared === undefined || findShared(before) !== undefined) return;
  const [one, other] = shared;
  throw new Error(
    `Key ${one.key_id} of account ${one.account} would be a key of account ${other.account} too. Nothing was changed.`,
  );
}

function findShared(entries: readonly KeyringEntry[]): [KeyringEntry, KeyringEntry] | undefined {
  const named = entries.filter(({ account }) => account);
  for (const one of named) {
    const other = named.find((entry) => entry.account !== one.account && isSameKey(entry, one));
    if (other) return [one, other];
  }
  return undefined;
}

/** Whether two entries hold the same public key, in whatever form. An unreadable key is no other. */
export function isSameKey(one: Pick<KeyringEntry, 'public_key'>, other: Pick<KeyringEntry, 'public_key'>): boolean {
  try {
    return parsePublicKey(one.public_key).equals(parsePublicKey(other.public_key));
  } catch {}
  return false;
}

/**
 * Requests to the function that are valid for a limited time, to find out what is wrong. They are in the keyring secret
 * beside the keys, because every running function reads this secret again. A version that does not know them ignores them.
 */
export interface Diagnostics {
  /**
   * A key that is not MessageMedia's. Requests that it signed are answered with 200 and never queued. No consumer knows
   * it, so nothing that it signed can be taken for an event.
   */
  probe?: { key_id: string; public_key: string; digest: string; until: string };
  /** Refused requests are put into the bucket, up to this number and until this time. */
  capture?: { id: string; count: number; until: string };
}

/** The diagnostics in a keyring secret. Unreadable ones are left out. */
export function readDiagnostics(secret: string): Diagnostics {
  const { probe, capture } = membersOf(secret);
  return { ...(isProbe(probe) && { probe }), ...(isCapture(capture) && { capture }) };
}

function membersOf(secret: string): Record<string, unknown> {
  // `trim` also removes a byte order mark, as where keys are read.
  const text = secret.trim();
  if (!text.startsWith('{')) return {};
  const parsed: unknown = JSON.parse(text);
  return isObject(parsed) && Array.isArray(parsed.keys) ? parsed : {};
}

function isProbe(value: unknown): value is Required<Diagnostics>['probe'] {
  if (!isObject(value)) return false;
  const { key_id, public_key, digest, until } = value;
  return [key_id, public_key, digest].every((text) => typeof text === 'string' && text !== '') && isTimestamp(until);
}

function isCapture(value: unknown): value is Required<Diagnostics>['capture'] {
  if (!isObject(value)) return false;
  const { id, count, until } = value;
  return typeof id === 'string' && /^[\w-]{1,64}$/.test(id) && Number.isInteger(count) && isTimestamp(until);
}

/** Reads base64 DER or PEM, even if line breaks were changed when it was pasted. */
export function parsePublicKey(value: string): KeyObject {
  const { label, text } = unwrapPem(value) ?? { label: 'PUBLIC KEY', text: value };
  if (label !== 'PUBLIC KEY' && label !== 'RSA PUBLIC KEY') throw new Error(`it is a ${label}, not a public key`);
  const base64 = text.replace(/\\[nr]|\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw new Error('public_key is neither base64 nor PEM');
  let key: KeyObject;
  try {
    const type = label === 'PUBLIC KEY' ? 'spki' : 'pkcs1';
    key = createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type });
  } catch {
    throw new Error('public_key does not decode to a public key');
  }
  if (key.asymmetricKeyType !== 'rsa') throw new Error(`it is a ${key.asymmetricKeyType} key, not RSA`);
  return key;
}

function unwrapPem(value: string): { label: string; text: string } | undefined {
  const begin = /-----BEGIN ([A-Z ]+)-----/.exec(value);
  if (begin === null) return undefined;
  const start = begin.index + begin[0].length;
  const end = value.indexOf('-----END', start);
  return end === -1 ? undefined : { label: String(begin[1]), text: value.slice(start, end) };
}
