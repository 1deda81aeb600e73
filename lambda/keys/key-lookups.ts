import type { Provider } from '../messagemedia/client.ts';
import { ProviderError } from '../messagemedia/error.ts';
import { aMoment, eventually } from './eventually.ts';
import type { KeyDependencies } from './key-dependencies.ts';
import { isTooLateFor, keysFor, parseKeyring } from './keyring.ts';
import { findEntry, isDeleted, type KeyringEntry, sameId, writeEntries } from './keyring-secret.ts';
import type { KeyringStore } from './keyring-store.ts';

/**
 * Checks that the receiver's own code reads the key from the keyring, at once or a moment later.
 *
 * @param pauses before each further look, in milliseconds
 * @throws {Error} when it does not, or the key was deleted at MessageMedia
 */
export async function expectKey(
  { keyring, pause }: Pick<KeyDependencies, 'keyring' | 'pause'>,
  keyId: string,
  pauses: readonly number[] = aMoment,
): Promise<void> {
  const look = async () => {
    const found = await readAll(keyring);
    return findEntry(found, keyId) && found;
  };
  const entries = await eventually(look, pause, pauses);
  const entry = entries && findEntry(entries, keyId);
  if (entry && isDeleted(entry)) {
    throw new Error(
      `Key ${keyId} was deleted at MessageMedia (${entry.deleted_at}): it can never sign again. Create another key`,
    );
  }
  if (entries && parseKeyring(writeEntries(entries)).keys.some(({ id }) => sameId(id, keyId))) return;
  throw new Error(
    `The keyring has no public key ${keyId}: if it were enabled, every webhook would be refused. MessageMedia shows a ` +
      'public key only when it is created: create another key, or add this one with "mmw keys import"',
  );
}

/** All entries; none if the keyring was never written. */
export async function readAll(keyring: KeyringStore): Promise<KeyringEntry[]> {
  return (await keyring.read()) ?? [];
}

/** Whether MessageMedia has the key. */
export async function exists(provider: Pick<Provider, 'getSignatureKey'>, keyId: string): Promise<boolean> {
  try {
    await provider.getSignatureKey(keyId);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Whether MessageMedia answered that it does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ProviderError && error.code === 'not_found';
}

/** Whether the receiver's own code accepts what the key signs now. */
export function verifies(entries: readonly KeyringEntry[], keyId: string, now: number): boolean {
  const { keys } = parseKeyring(writeEntries(entries));
  return keysFor(keyId, keys).some((key) => !isTooLateFor(key, now));
}
