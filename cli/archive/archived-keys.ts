import { createHash } from 'node:crypto';
import { inheritAccounts, parseKeyring, type VerificationKey } from '../../lambda/keys/keyring.ts';
import { readEntries } from '../../lambda/keys/keyring-secret.ts';
import type { Archive } from './archive-bucket.ts';
import { asResult, listKeyrings, readObject } from './objects.ts';
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
  // Two keys may have the same id.
  const newest = new Map<string, { written: string; key: VerificationKey }>();
  for await (const { key: object, lastModified } of listKeyrings(archive, selection)) {
    // The names of a day's objects do not show their order.
    const written = `${object.slice(0, object.lastIndexOf('/'))} ${new Date(lastModified).toISOString()}`;
    for (const key of await readKeys(archive, object, warn)) {
      const name = `${key.id?.toLowerCase()} ${fingerprint(key)}`;
      const known = newest.get(name);
      if (known === undefined || known.written <= written) newest.set(name, { written, key });
    }
  }
  return inheritAccounts([...newest.values()].map(({ key }) => key));
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
