import type { KeyDependencies } from '../../../lambda/keys/key-changes.ts';
import type { KeyringEntry } from '../../../lambda/keys/keyring-secret.ts';
import { ProviderError } from '../../../lambda/messagemedia/error.ts';
import { makeKey } from '../../support.ts';

const { public_key } = makeKey().answer;

/** An entry of the keyring. All have the same public key. */
export const entry = (key_id: string, more: Partial<KeyringEntry> = {}): KeyringEntry & { key_id: string } => ({
  key_id,
  public_key,
  ...more,
});

/**
 * The keys at MessageMedia and in the keyring in memory, with a clock that only pauses move: for the moments between two
 * calls. `World` has keys that sign, and verifiers.
 */
export class KeyModel {
  /** Ids of the keys at MessageMedia. */
  readonly ids: Set<string>;
  readonly told: string[] = [];
  readonly pauses: (readonly [milliseconds: number, whole: number | undefined])[] = [];
  /** Calls that change something at MessageMedia. */
  readonly calls: string[] = [];
  /** What somebody else does just before a call, once. */
  private readonly deeds = new Map<string, () => void>();
  enabled: string | undefined;
  entries: KeyringEntry[];
  time = Date.UTC(2026, 10, 24, 9);

  constructor(entries: KeyringEntry[], enabled?: string) {
    this.entries = entries;
    this.enabled = enabled;
    this.ids = new Set(entries.filter(({ deleted_at }) => !deleted_at).map(({ key_id }) => key_id ?? ''));
  }

  before(call: string, deed: () => void): void {
    this.deeds.set(call, deed);
  }

  /** RFC 3339. @param seconds from now */
  at(seconds: number): string {
    return new Date(this.time + seconds * 1000).toISOString();
  }

  private begin(call: string): void {
    const deed = this.deeds.get(call);
    this.deeds.delete(call);
    deed?.();
  }

  private answer(key_id: string) {
    if (!this.ids.has(key_id)) throw new ProviderError('not_found', `no key ${key_id}`);
    return { key_id, cipher: 'RSA', digest: 'SHA256', created: this.at(0), enabled: key_id === this.enabled } as const;
  }

  readonly dependencies: KeyDependencies = {
    provider: {
      getSignatureKey: async (keyId) => this.answer(keyId),
      getEnabledSignatureKey: async () => {
        this.begin('enabled');
        return this.enabled === undefined ? undefined : this.answer(this.enabled);
      },
      enableSignatureKey: async (keyId) => {
        this.begin('enable');
        this.calls.push(`enable ${this.answer(keyId).key_id}`);
        this.enabled = keyId;
        return this.answer(keyId);
      },
      disableSignatureKey: async () => {
        this.calls.push('disable');
        this.enabled = undefined;
      },
      deleteSignatureKey: async (keyId) => {
        this.begin('delete');
        this.calls.push(`delete ${this.answer(keyId).key_id}`);
        this.ids.delete(keyId);
        if (this.enabled === keyId) this.enabled = undefined;
      },
    },
    keyring: {
      read: async () => {
        this.begin('read');
        return structuredClone(this.entries);
      },
      update: async (change) => {
        this.entries = change(structuredClone(this.entries));
      },
      readDiagnostics: async () => ({}),
      updateDiagnostics: async () => {},
    },
    now: () => this.time,
    pause: async (milliseconds, whole) => {
      this.pauses.push([milliseconds, whole]);
      this.time += milliseconds;
      this.begin('pause');
    },
    log: (message) => this.told.push(message),
  };
}
