import { type ParsedDiagnostics, type ParsedKeyring, parseKeyring, type VerificationKey } from './keyring.ts';
import { KeyringError } from './keyring-error.ts';

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
      const fresh = now() - loadedAt < keyringCacheMilliseconds || now() - failedAt < refreshIntervalMilliseconds;
      if (held) return fresh ? held.keys : refresh();
      return loadFirst();
    },
    diagnostics: () => {
      const asked = Object.entries(held?.diagnostics ?? {});
      return Object.fromEntries(asked.filter(([, { until }]) => now() < until));
    },
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
