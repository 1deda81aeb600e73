import { keysFor, parseKeyring, type VerificationKey } from '../lambda/keyring.ts';
import { type KeyringEntry, sameId, writeEntries } from '../lambda/keyring-secret.ts';
import type { KeyringStore } from '../lambda/keyring-store.ts';
import type { Provider } from '../lambda/provider/provider.ts';

/** A key as MessageMedia and the keyring together know it. */
export interface KeyRow extends Pick<KeyringEntry, 'digest' | 'created'> {
  key_id: string;
  enabled: boolean;
  /** Whether MessageMedia has it; `unknown` for a key that was pasted without its id. */
  messagemedia: boolean | 'unknown';
  /**
   * What verifiers make of it: `yes` verifies, `remembered` is deleted and checks what it signed, `unreadable` is there and
   * no key comes out of it.
   */
  keyring: 'yes' | 'no' | 'pending' | 'retired' | 'remembered' | 'unreadable' | 'not asked';
}

export async function listKeyRows(provider: Provider, keyring: KeyringStore | undefined): Promise<KeyRow[]> {
  const atProvider = await provider.listSignatureKeys();
  const entries = await keyring?.read();
  const keys = readKeys(entries ?? []);
  const known = atProvider.map(({ key_id, digest, created, enabled }): KeyRow => {
    const entry = entries?.find((candidate) => sameId(candidate.key_id, key_id));
    const row = { key_id, digest, created, enabled, messagemedia: true };
    return { ...row, keyring: entries ? inKeyring(entry, key_id, keys) : 'not asked' };
  });
  const others = (entries ?? []).filter((entry) => !known.some((key) => sameId(entry.key_id, key.key_id)));
  const unknown = others.map((entry): KeyRow => {
    const { key_id, digest, created } = entry;
    return {
      key_id: key_id || '(no id)',
      ...(digest && { digest }),
      ...(created && { created }),
      enabled: false,
      messagemedia: key_id ? false : 'unknown',
      keyring: inKeyring(entry, key_id || undefined, keys),
    };
  });
  return [...known, ...unknown];
}

export async function findKeyRow(
  provider: Provider,
  keyring: KeyringStore | undefined,
  keyId: string,
): Promise<KeyRow> {
  const key = (await listKeyRows(provider, keyring)).find((candidate) => sameId(candidate.key_id, keyId));
  if (key) return key;
  throw new Error(
    `There is no key ${keyId}, neither at MessageMedia nor in the keyring: "mmw keys list" shows what there is.`,
  );
}

/** The keys as verifiers read them; none when nothing can be read. */
function readKeys(entries: readonly KeyringEntry[]): readonly VerificationKey[] {
  try {
    return parseKeyring(writeEntries(entries)).keys;
  } catch {
    return [];
  }
}

/** @param keyId `undefined` for a key without an id, which is tried for every id that nothing else has */
function inKeyring(
  entry: KeyringEntry | undefined,
  keyId: string | undefined,
  keys: readonly VerificationKey[],
): KeyRow['keyring'] {
  const usable = keyId === undefined ? keys.filter(({ id }) => id === undefined) : keysFor(keyId, keys);
  if (usable.length === 0) return entry === undefined ? 'no' : 'unreadable';
  if (entry?.deleted_at !== undefined) return 'remembered';
  if (entry?.pending_since !== undefined) return 'pending';
  return entry?.retired_at === undefined ? 'yes' : 'retired';
}

export function stateOf({ enabled, messagemedia }: KeyRow): string {
  if (messagemedia === 'unknown') return 'unknown: it has no id';
  if (!messagemedia) return 'gone at MessageMedia';
  return enabled ? 'enabled' : 'not enabled';
}

export function describeKey(key: KeyRow): string {
  const { key_id, digest = 'no digest', created = 'unknown' } = key;
  return `Key ${key_id} (${digest}, created ${created}): ${stateOf(key)}; in the keyring: ${key.keyring}.`;
}
