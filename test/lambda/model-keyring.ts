import type { KeyringEntry } from '../../lambda/keys/keyring-secret.ts';
import type { KeyringStore } from '../../lambda/keys/keyring-store.ts';

/** A keyring in memory, which changes at once, and not where a change returns the same list. */
export class ModelKeyring implements KeyringStore {
  entries: KeyringEntry[] = [];
  readonly read = async (): Promise<KeyringEntry[]> => structuredClone(this.entries);
  readonly update: KeyringStore['update'] = async (change) => {
    const entries = structuredClone(this.entries);
    const changed = change(entries);
    if (changed !== entries) this.entries = structuredClone(changed);
  };
  readonly readDiagnostics = async () => ({});
  readonly updateDiagnostics = async (): Promise<void> => {};
}
