import { createHash } from 'node:crypto';
import { isObject } from '../../lambda/guards.ts';
import { inheritAccounts, parseKeyring, type VerificationKey } from '../../lambda/keys/keyring.ts';
import { readEntries } from '../../lambda/keys/keyring-secret.ts';
import type { Archive } from './archive-bucket.ts';
import { listKeyrings } from './event-objects.ts';
import { asResult, ObjectError, readObject } from './object-bytes.ts';
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
  now: number,
  warn: (message: string) => void,
): Promise<VerificationKey[]> {
  const newest = new Map<string, { written: string; key: VerificationKey }>();
  for await (const { key: object, lastModified } of listKeyrings(archive, selection, now)) {
    // The names of a day's objects do not show their order.
    const written = `${object.slice(0, object.lastIndexOf('/'))} ${new Date(lastModified).toISOString()}`;
    for (const [id, key] of await readKeyring(archive, object, warn)) {
      const known = newest.get(id);
      if (known === undefined || known.written <= written) newest.set(id, { written, key });
    }
  }
  return inheritAccounts([...newest.values()].map(({ key }) => key));
}

/** Keys by id and fingerprint, because two keys may have the same id. */
async function readKeyring(
  archive: Archive,
  object: string,
  warn: (message: string) => void,
): Promise<[id: string, key: VerificationKey][]> {
  const bytes = await readObject(archive, object).catch(asResult);
  try {
    if (bytes instanceof ObjectError) throw bytes;
    return readEntries(Buffer.from(bytes).toString('utf8')).flatMap((entry) => {
      const key = isObject(entry) ? readKey(entry, (message) => warn(`${object}: ${message}`)) : undefined;
      return key === undefined ? [] : [[`${key.id?.toLowerCase()} ${fingerprint(key)}`, key] as const];
    }) as [string, VerificationKey][];
  } catch (error) {
    warn(`${object} is skipped: ${(error as Error).message}`);
    return [];
  }
}

function readKey(entry: Record<string, unknown>, warn: (message: string) => void): VerificationKey | undefined {
  try {
    return parseKeyring(JSON.stringify({ keys: [entry] })).keys[0];
  } catch (error) {
    warn((error as Error).message);
    return undefined;
  }
}

/** SHA-256 of a public key (SPKI DER), in hex, to compare it with one that is kept elsewhere. */
export function fingerprint({ key }: VerificationKey): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}
