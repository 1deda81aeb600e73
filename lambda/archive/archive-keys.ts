import { createHash } from 'node:crypto';
import { keyPartition } from '../archive-contract.ts';
import { type KeyringEntry, KeyringError, parsePublicKey, readEntries, writeEntries } from '../keys/keyring-secret.ts';

/** The fields that an auditor needs: the key, and the dates of its life. */
const fields = [
  'key_id',
  'public_key',
  'digest',
  'cipher',
  'created',
  'account',
  'pending_since',
  'replaces',
  'enabled_at',
  'retired_at',
  'deleted_at',
] as const satisfies readonly (keyof KeyringEntry)[];

/** An object of the archive that holds the public keys of a day. */
export interface KeyObject {
  key: string;
  body: string;
}

/**
 * Makes an object of the archive from the public keys of a keyring secret of any form. Its name has the hash of its content,
 * so the same keys make the same object all day. Whatever else the secret holds, the object has only these fields.
 *
 * @returns `undefined` when the keyring is empty
 * @throws {KeyringError} when the secret holds something, but no key can be read from it
 */
export function toKeyObject(secret: string, now: Date): KeyObject | undefined {
  const all = readEntries(secret);
  const entries = all.filter(isPublic).map(pick);
  if (all.length === 0) return undefined;
  if (entries.length === 0) throw new KeyringError('The keyring secret yields no key to archive');
  const body = writeEntries(entries);
  const hash = createHash('sha256').update(body).digest('hex');
  return { key: `${keyPartition(now)}${hash}.json`, body };
}

/** Leaves out a key that cannot be read, because it cannot verify anything. */
function isPublic(entry: unknown): entry is KeyringEntry {
  try {
    parsePublicKey((entry as KeyringEntry).public_key);
    return true;
  } catch {}
  return false;
}

function pick(entry: KeyringEntry): KeyringEntry {
  const known = fields.flatMap((field) => (typeof entry[field] === 'string' ? [[field, entry[field]]] : []));
  return Object.fromEntries(known);
}
