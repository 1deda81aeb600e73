import { type ParsedDiagnostics, type ParsedKeyring, parseKeyring, type VerificationKey } from './keyring.ts';
import { KeyringError } from './keyring-secret.ts';

/** What a keyring needs from outside. Times are milliseconds since the epoch. */
export interface KeyringDependencies {
  /** Fetches the secret's current value. */
  load: () => Promise<string>;
  now: () => number;
  /** Gets every problem that an operator should know about, once per load. */
  warn: (message: string, cause?: unknown) => void;
}

/** The keys that the receiver verifies with. Its reads of the secret are few, and it goes on without it. */
export interface KeyringCache {
  /**
   * The keys. They are at most five minutes old while the secret can be read, and of any age while it cannot.
   *
   * @throws {KeyringError} when no keys are loaded and none can be loaded
   */
  keys(): Promise<readonly VerificationKey[]>;
  /** Newer keys than `seen`, or `undefined` if there are none or the keyring was refreshed moments ago. */
  newerThan(seen: readonly VerificationKey[]): Promise<readonly VerificationKey[] | undefined>;
  /** Whether the last try to read the secret failed. Then the secret may hold keys that are not loaded. */
  isBehind(): boolean;
  /** The diagnostics in the loaded keyring, without expired ones. */
  diagnostics(): ParsedDiagnostics;
}

/** How long keys are used before the secret is read again. A rotation waits this long until every function knows a key. */
export const keyringCacheMilliseconds = 5 * 60_000;

/** Least time between two refreshes that requests can cause, and between two tries while the secret cannot be read. */
const refreshIntervalMilliseconds = 3_000;

/** Caches the keys of one secret. */
export function createKeyring({ load, now, warn }: KeyringDependencies): KeyringCache {
  let held: (ParsedKeyring & { secret: string }) | undefined;
  let loadedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let provokedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<readonly VerificationKey[]> | undefined;

  async function loadOnce(): Promise<readonly VerificationKey[]> {
    try {
      const secret = await load();
      // Unchanged keys stay the same object, so that a request is not verified twice with them.
      if (secret !== held?.secret) held = { secret, ...parseKeyring(secret) };
      loadedAt = now();
      for (const warning of held.warnings) warn(warning);
      return held.keys;
    } catch (error) {
      failedAt = now();
      warn(held ? 'cannot read the keyring: using the keys that are loaded' : 'cannot read the keyring', error);
      if (held) return held.keys;
      if (error instanceof KeyringError) throw error;
      throw new KeyringError('Cannot read the keyring secret', { cause: error });
    }
  }

  /** With no keys loaded, a load that began before this request may fail too early for it. Then the request loads again. */
  async function loadFirst(): Promise<readonly VerificationKey[]> {
    return loading ? loading.catch(refresh) : refresh();
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
    isBehind: () => failedAt > loadedAt,
    diagnostics: () => {
      const asked = Object.entries(held?.diagnostics ?? {});
      return Object.fromEntries(asked.filter(([, { until }]) => now() < until));
    },
    newerThan: async (seen) => {
      if (held && held.keys !== seen) return held.keys;
      // If a refresh is under way, wait for it, whatever started it.
      if (!loading) {
        if (now() - Math.max(provokedAt, failedAt) < refreshIntervalMilliseconds) return undefined;
        provokedAt = now();
      }
      const keys = await refresh();
      return keys === seen ? undefined : keys;
    },
  };
}
