import { createHash } from 'node:crypto';
import { inheritAccounts, parseKeyring, type VerificationKey } from '../../lambda/keys/keyring.ts';
import { readEntries } from '../../lambda/keys/keyring-secret.ts';
import type { Archive } from './archive-bucket.ts';
import { asResult, listKeyrings, readObject, type StoredObject } from './objects.ts';
import type { Selection } from './selection.ts';

/**
 * Reads the archived public keys of a selection's days. If there are several entries for a key, the newest one counts,
 * because it says when the key was retired.
 *
 * @param warn gets a warning for each entry that cannot be read
 */
export async function readArchivedKeys(
  archive: Archive,
  selection: Selection,
  warn: (message: string) => void,
): Promise<VerificationKey[]> {
  const objects = await listKeyrings(archive, selection);
  // The names of a day's objects do not show their order.
  const age = ({ key, lastModified }: StoredObject) =>
    `${key.slice(0, key.lastIndexOf('/'))} ${new Date(lastModified).toISOString()}`;
  const newest = new Map<string, VerificationKey>();
  // Two keys may have the same id.
  for (const { key: object } of objects.sort((one, other) => (age(one) < age(other) ? -1 : 1)))
    for (const key of await readKeys(archive, object, warn))
      newest.set(`${key.id?.toLowerCase()} ${fingerprint(key)}`, key);
  return inheritAccounts([...newest.values()]);
}

async function readKeys(archive: Archive, object: string, warn: (message: string) => void): Promise<VerificationKey[]> {
  const read = <Result>(what: () => Result): Result | [] => {
    try {
      return what();
    } catch (error) {
      warn(`${object}: ${(error as Error).message}`);
      return [];
    }
  };
  const bytes = await readObject(archive, object).catch(asResult);
  const entries = read(() => {
    if (bytes instanceof Error) throw bytes;
    return readEntries(Buffer.from(bytes).toString('utf8'));
  });
  return entries.flatMap((entry) => read(() => parseKeyring(JSON.stringify({ keys: [entry] })).keys));
}

/** SHA-256 of a public key (SPKI DER), in hex, to compare it with one that is kept elsewhere. */
export function fingerprint({ key }: VerificationKey): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}
