import type { KeyObject } from 'node:crypto';
import { retirementGraceSeconds } from '../contract.ts';
import { isAccount, isTimestamp } from '../guards.ts';
import { type Digest, parseDigest } from '../signature.ts';
import {
  type Diagnostics,
  KeyringError,
  parsePublicKey,
  readDiagnostics,
  readEntries,
  sameId,
  sizeWarnings,
} from './keyring-secret.ts';

/** A public key that webhooks are verified with. */
export interface VerificationKey {
  /** Key id as in the keyring; `undefined` for a key that was pasted without one, which is tried for every key id. */
  id: string | undefined;
  /** The only digest that this key signs with. If it is `undefined`, the header decides. */
  digest: Digest | undefined;
  key: KeyObject;
  /** The account whose events it signs. As soon as one key has it, events get their `source` from keys and not from bodies. */
  account?: string;
  /**
   * When another key replaced it, in milliseconds since the epoch. It verifies only requests that were signed before.
   * Absent for a key that is not retired.
   */
  retiredAt?: number;
}

/** The account of a key, where keys name accounts. */
export interface KeyOwner {
  /** `undefined` if this key names none. */
  account: string | undefined;
  /** The accounts that other keys name. Nothing that this key signed is an event of theirs. */
  others: ReadonlySet<string>;
}

/** The keys of a secret. `warnings` name keys that were skipped or are weak, without key material. */
export interface ParsedKeyring {
  keys: VerificationKey[];
  warnings: string[];
  /** The diagnostics in the secret. */
  diagnostics: ParsedDiagnostics;
}

/** Times are milliseconds since the epoch. */
export interface ParsedDiagnostics {
  probe?: { key: VerificationKey; until: number };
  capture?: { id: string; count: number; until: number };
}

/**
 * Reads a keyring secret in any of its three forms: `{"keys":[...]}`, one answer of MessageMedia's create-key call, or
 * a bare public key (base64 DER or PEM). One broken key among others is skipped with a warning.
 *
 * @throws {KeyringError} when the secret holds something, but no key can be read from it
 */
export function parseKeyring(secret: string): ParsedKeyring {
  const entries = readEntries(secret);
  const keys: VerificationKey[] = [];
  const warnings: string[] = [];
  for (const [index, entry] of entries.entries()) {
    try {
      const key = parseEntry(entry);
      const { modulusLength: bits = 0 } = key.key.asymmetricKeyDetails ?? {};
      if (bits < 2048 && key.retiredAt === undefined) {
        warnings.push(`key ${key.id ?? index + 1} has ${bits} bits: create one with at least 2048`);
      }
      const other = keys.find((known) => known.key.equals(key.key) && isOfAnother(known, key));
      if (other)
        throw new Error(`it is the key of account ${other.account}, so it cannot be that of ${key.account} as well`);
      keys.push(key);
    } catch (error) {
      warnings.push(`key ${index + 1} of ${entries.length} is skipped: ${(error as Error).message}`);
    }
  }
  if (entries.length > 0 && keys.length === 0) {
    throw new KeyringError(`The keyring secret yields no key: ${warnings.join('; ')}`);
  }
  const owned = inheritAccounts(keys);
  const unowned = owned.filter(({ account }) => account === undefined);
  for (const { id = 'without an id' } of unowned.length < owned.length ? unowned : []) {
    warnings.push(
      `key ${id} names no account although others do: with it an event that names one of theirs is refused`,
    );
  }
  warnings.push(...sizeWarnings(secret));
  if (keys.length === 0) warnings.push('the keyring is empty: every webhook is refused until it holds a public key');
  return { keys: owned, warnings, diagnostics: parseDiagnostics(readDiagnostics(secret)) };
}

/** Whether two keys name different accounts. */
function isOfAnother({ account: one }: VerificationKey, { account: other }: VerificationKey): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

/** The keys, each with the account that another entry names for the same public key. */
export function inheritAccounts(keys: readonly VerificationKey[]): VerificationKey[] {
  const named = keys.filter(({ account }) => account !== undefined);
  return keys.map((key) => {
    const account = key.account ?? named.find((other) => other.key.equals(key.key))?.account;
    return account === undefined ? key : { ...key, account };
  });
}

/** An unreadable probe key is ignored, so that its sender gets a refusal. */
function parseDiagnostics({ probe, capture }: Diagnostics): ParsedDiagnostics {
  const parsed: ParsedDiagnostics = capture ? { capture: { ...capture, until: Date.parse(capture.until) } } : {};
  try {
    // Stryker disable next-line ConditionalExpression: what is not there cannot be read, and is no probe either.
    if (probe) parsed.probe = { key: parseEntry(probe), until: Date.parse(probe.until) };
  } catch {}
  return parsed;
}

function parseEntry(entry: unknown): VerificationKey {
  if (typeof entry !== 'object' || entry === null) throw new Error('it is not an object');
  const fields = entry as Record<string, unknown>;
  const publicKey = fields.public_key;
  const id = fields.key_id ?? '';
  const digest = typeof fields.digest === 'string' ? parseDigest(fields.digest) : undefined;
  if (typeof publicKey !== 'string') throw new Error('public_key is not a string');
  if (typeof id !== 'string') throw new Error('key_id is not a string');
  const cipher = fields.cipher ?? 'RSA';
  if (typeof cipher !== 'string' || cipher.toUpperCase() !== 'RSA') throw new Error('cipher is not RSA');
  if (fields.digest != null && digest === undefined) throw new Error('digest is not SHA224, SHA256 or SHA512');
  // A key that was never retired signed until it was deleted.
  const end = fields.retired_at ?? fields.deleted_at;
  const life = isTimestamp(end) ? { retiredAt: Date.parse(end) } : {};
  const account = parseAccount(fields.account);
  return { id: id.trim() || undefined, digest, key: parsePublicKey(publicKey), ...account, ...life };
}

function parseAccount(account: unknown): { account?: string } {
  if (account === undefined || account === null || account === '') return {};
  if (isAccount(account)) return { account };
  throw new Error('account is not text without spaces');
}

/** Whose key it is; `undefined` while no key names an account. */
export function ownerOf(key: Pick<VerificationKey, 'account'>, keys: readonly VerificationKey[]): KeyOwner | undefined {
  const accounts = keys.flatMap(({ account }) => account ?? []);
  if (accounts.length === 0) return undefined;
  return { account: key.account, others: new Set(accounts.filter((account) => account !== key.account)) };
}

/** The named key; if no key has this id, the keys without an id; if no id is named, every key. */
export function keysFor(keyId: string | undefined, keys: readonly VerificationKey[]): readonly VerificationKey[] {
  if (keyId === undefined) return keys;
  const named = keys.filter(({ id }) => sameId(id, keyId));
  return named.length > 0 ? named : keys.filter(({ id }) => id === undefined);
}

/** Whether the key was retired before this time of signing, in milliseconds since the epoch. */
export function isTooLateFor({ retiredAt }: VerificationKey, signedAt: number): boolean {
  return retiredAt !== undefined && !(signedAt <= retiredAt + retirementGraceSeconds * 1000);
}
