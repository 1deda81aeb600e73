import { type KeyringEntry, sameId } from '../lambda/keyring-secret.ts';
import type { KeyringStore } from '../lambda/keyring-store.ts';
import type { Provider } from '../lambda/provider/provider.ts';

/** A key as MessageMedia and the keyring together know it. */
export interface KeyRow extends Pick<KeyringEntry, 'digest' | 'created'> {
  key_id: string;
  enabled: boolean;
  messagemedia: boolean;
  keyring: 'yes' | 'no' | 'pending' | 'retired' | 'not asked';
}

export async function listKeyRows(provider: Provider, keyring: KeyringStore | undefined): Promise<KeyRow[]> {
  const atProvider = await provider.listSignatureKeys();
  const entries = await keyring?.read();
  const known = atProvider.map(({ key_id, digest, created, enabled }): KeyRow => {
    const entry = entries?.find((candidate) => sameId(candidate.key_id, key_id));
    return { key_id, digest, created, enabled, messagemedia: true, keyring: entries ? inKeyring(entry) : 'not asked' };
  });
  const others = (entries ?? []).filter((entry) => !known.some((key) => sameId(entry.key_id, key.key_id)));
  const unknown = others.map((entry): KeyRow => {
    const { key_id = '(no id)', digest, created } = entry;
    return {
      key_id,
      ...(digest && { digest }),
      ...(created && { created }),
      enabled: false,
      messagemedia: false,
      keyring: inKeyring(entry),
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

function inKeyring(entry: KeyringEntry | undefined): KeyRow['keyring'] {
  if (entry === undefined) return 'no';
  if (entry.pending_since !== undefined) return 'pending';
  return entry.retired_at === undefined ? 'yes' : 'retired';
}

export function stateOf({ enabled, messagemedia }: KeyRow): string {
  if (!messagemedia) return 'gone at MessageMedia';
  return enabled ? 'enabled' : 'not enabled';
}

export function describeKey(key: KeyRow): string {
  const { key_id, digest = 'no digest', created = 'unknown' } = key;
  return `Key ${key_id} (${digest}, created ${created}): ${stateOf(key)}; in the keyring: ${key.keyring}.`;
}
