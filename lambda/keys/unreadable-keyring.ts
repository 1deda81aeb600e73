import { parseKeyring } from './keyring.ts';
import { type KeyringEntry, KeyringError, writeEntries } from './keyring-secret.ts';
import type { KeyringStore } from './keyring-store.ts';

/** Whether the receiver can use an entry of a keyring. */
export function isReadable(entry: KeyringEntry): boolean {
  try {
    return parseKeyring(writeEntries([entry])).keys.length > 0;
  } catch {
    return false;
  }
}

/**
 * Refuses to change a keyring that cannot be read. Secrets Manager keeps one version besides the current one, so two changes
 * would lose the last good one for good.
 *
 * @throws {KeyringError} saying how to bring it back
 */
export async function expectReadable(keyring: Pick<KeyringStore, 'read'>): Promise<void> {
  refuse((await keyring.read().catch(explainKeyring)) ?? []);
}

/** A keyring that nothing is written over while it cannot be read. A change may remove what cannot be read. */
export function guardKeyring(store: KeyringStore): KeyringStore {
  return {
    ...store,
    read: (versionId) => store.read(versionId).catch(explainKeyring),
    update: (change, versionId) =>
      store
        .update((entries) => {
          const changed = change(entries);
          if (changed !== entries) refuse(changed);
          return changed;
        }, versionId)
        .catch(explainKeyring),
    updateDiagnostics: async (change) => {
      await expectReadable(store);
      await store.updateDiagnostics(change);
    },
  };
}

function refuse(entries: readonly KeyringEntry[]): void {
  const broken = entries.findIndex((entry) => !isReadable(entry));
  if (broken < 0) return;
  const id = entries[broken]?.key_id;
  throw new KeyringError(`Key ${id || broken + 1} of the keyring cannot be read. ${remedy}`);
}

/** The last good version comes first: whatever writes another one pushes it out. */
export const remedy =
  'Nothing writes over it. The version before may be good: Secrets Manager has it as AWSPREVIOUS, and "mmw keys restore" brings it back.';

function explainKeyring(error: unknown): never {
  if (!(error instanceof KeyringError)) throw error;
  throw new KeyringError(error.message.includes(remedy) ? error.message : `${error.message}. ${remedy}`);
}
