import type { KeyObject } from 'node:crypto';
import { retirementGraceSeconds } from '../contract.ts';
import { isTimestamp } from '../guards.ts';
import { type Digest, parseDigest } from '../signature.ts';
import { type Diagnostics, readDiagnostics } from './diagnostics.ts';
import { KeyringError } from './keyring-error.ts';
import { readEntries, sameId } from './keyring-secret.ts';
import { parsePublicKey } from './public-key.ts';

/** A public key that webhooks are verified with. */
export interface VerificationKey {
  /** Key id as the keyring spells it; `undefined` for a key that was pasted without one, which is tried for every key id. */
  id: string | undefined;
  /** The only digest this key signs with; `undefined` when the keyring does not say, then the header decides. */
  digest: Digest | undefined;
  key: KeyObject;
  /**
   * When another key took its place, in milliseconds since the epoch: it verifies only what was signed before. Absent for
   * a key without end.
   */
  retiredAt?: number;
}

/** A secret read into keys. `warnings` tell of what was skipped or is weak, without any key material. */
export interface ParsedKeyring {
  keys: VerificationKey[];
  warnings: string[];
  /** What is asked of the function beside verifying. */
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
      const bits = key.key.asymmetricKeyDetails?.modulusLength ?? 0;
      if (bits < 2048 && key.retiredAt === undefined) {
        warnings.push(`key ${key.id ?? index + 1} has ${bits} bits: create one with at least 2048`);
      }
      keys.push(key);
    } catch (error) {
      warnings.push(`key ${index + 1} of ${entries.length} is skipped: ${(error as Error).message}`);
    }
  }
  if (entries.length > 0 && keys.length === 0) {
    throw new KeyringError(`The keyring secret yields no key: ${warnings.join('; ')}`);
  }
  const bytes = Buffer.byteLength(secret);
  if (bytes > crowdedBytes)
    warnings.push(`the keyring has ${bytes} of the 65,536 bytes of a secret: see "mmw keys forget"`);
  if (keys.length === 0) warnings.push('the keyring is empty: every webhook is refused until it holds a public key');
  return { keys, warnings, diagnostics: parseDiagnostics(readDiagnostics(secret)) };
}

/** A probe key that cannot be read is none: its sender is told by the refusal. */
function parseDiagnostics({ probe, capture }: Diagnostics): ParsedDiagnostics {
  const parsed: ParsedDiagnostics = capture ? { capture: { ...capture, until: Date.parse(capture.until) } } : {};
  try {
    if (probe) parsed.probe = { key: parseEntry(probe), until: Date.parse(probe.until) };
  } catch {}
  return parsed;
}

/** Four fifths of what a secret of Secrets Manager holds. */
const crowdedBytes = 52_428;

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
  // A key that was deleted without being retired first signed until then.
  const end = fields.retired_at ?? fields.deleted_at;
  const life = isTimestamp(end) ? { retiredAt: Date.parse(end) } : {};
  return { id: id.trim() || undefined, digest, key: parsePublicKey(publicKey), ...life };
}

/** The named key alone; the keys without an id when nothing else has the name; every key when none is named. */
export function keysFor(keyId: string | undefined, keys: readonly VerificationKey[]): readonly VerificationKey[] {
  if (keyId === undefined) return keys;
  const named = keys.filter(({ id }) => sameId(id, keyId));
  return named.length > 0 ? named : keys.filter(({ id }) => id === undefined);
}

/** Whether what was signed at a time, in milliseconds since the epoch, is later than the key can have signed. */
export function isTooLateFor({ retiredAt }: VerificationKey, signedAt: number): boolean {
  return retiredAt !== undefined && !(signedAt <= retiredAt + retirementGraceSeconds * 1000);
}

/** What a keyring needs from outside. Times are milliseconds since the epoch. */
export interface KeyringDependencies {
  /** Fetches the secret's current value. */
  load: () => Promise<string>;
  now: () => number;
  /** Gets every problem that an operator should know of, once per load. */
  warn: (message: string, cause?: unknown) => void;
}

export interface Keyring {
  /**
   * The keys, at most five minutes old while the secret can be read, of any age while it cannot.
   *
   * @throws {KeyringError} when there is none in hand and none to be had
   */
  keys(): Promise<readonly VerificationKey[]>;
  /** Newer keys than `seen`, or `undefined` when there are none or the keyring was refreshed moments ago. */
  newerThan(seen: readonly VerificationKey[]): Promise<readonly VerificationKey[] | undefined>;
  /** Whether the secret could not be read when it was tried last: it may hold keys that are not in hand. */
  isBehind(): boolean;
  /** What is asked of the function now, by the keyring in hand: nothing whose time is over. */
  diagnostics(): ParsedDiagnostics;
}

/** How long keys are used before the secret is read again. Rotation waits this long for every verifier to know a key. */
export const keyringCacheMilliseconds = 5 * 60_000;

/** Least time between two refreshes that a caller can provoke, and between two tries while the secret cannot be read. */
const refreshIntervalMilliseconds = 3_000;

/** Keeps the keys of one secret at hand. */
export function createKeyring({ load, now, warn }: KeyringDependencies): Keyring {
  let held: (ParsedKeyring & { secret: string }) | undefined;
  let loadedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let provokedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<readonly VerificationKey[]> | undefined;

  async function loadOnce(): Promise<readonly VerificationKey[]> {
    try {
      const secret = await load();
      // Unchanged keys stay the same object, so that nobody verifies twice with them.
      if (secret !== held?.secret) held = { secret, ...parseKeyring(secret) };
      loadedAt = now();
      for (const warning of held.warnings) warn(warning);
      return held.keys;
    } catch (error) {
      failedAt = now();
      warn(held ? 'cannot read the keyring: going on with the keys in hand' : 'cannot read the keyring', error);
      if (held) return held.keys;
      if (error instanceof KeyringError) throw error;
      throw new KeyringError('Cannot read the keyring secret', { cause: error });
    }
  }

  /** With nothing in hand, a load that began before a request came may fail before its time: then it gets another. */
  async function loadFirst(): Promise<readonly VerificationKey[]> {
    const joined = loading;
    if (joined === undefined) return refresh();
    return joined.catch(() => held?.keys ?? refresh());
  }

  function refresh(): Promise<readonly VerificationKey[]> {
    loading ??= loadOnce().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  return {
    keys: async () => {
      if (!held) return loadFirst();
      const fresh = now() - loadedAt < keyringCacheMilliseconds || now() - failedAt < refreshIntervalMilliseconds;
      return fresh ? held.keys : refresh();
    },
    isBehind: () => failedAt > loadedAt,
    diagnostics: () =>
      Object.fromEntries(Object.entries(held?.diagnostics ?? {}).filter(([, { until }]) => now() < until)),
    newerThan: async (seen) => {
      if (held && held.keys !== seen) return held.keys;
      // A refresh that is under way is worth waiting for, whoever began it.
      if (!loading) {
        if (now() - Math.max(provokedAt, failedAt) < refreshIntervalMilliseconds) return undefined;
        provokedAt = now();
      }
      const keys = await refresh();
      return keys === seen ? undefined : keys;
    },
  };
}
