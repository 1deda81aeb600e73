import { createHash } from 'node:crypto';
import { isTooLateFor, keysFor, parseKeyring, type VerificationKey } from '../../lambda/keys/keyring.ts';
import {
  isDeleted,
  isPending,
  isRetired,
  isSameKey,
  type KeyringEntry,
  parsePublicKey,
  sameId,
  writeEntries,
} from '../../lambda/keys/keyring-secret.ts';
import type { KeyringStore } from '../../lambda/keys/keyring-store.ts';
import { isReadable, remedy } from '../../lambda/keys/keyring-store.ts';
import type { Provider } from '../../lambda/messagemedia/client.ts';

/** A key as MessageMedia and the keyring together know it. */
export interface KeyRow
  extends Pick<KeyringEntry, 'digest' | 'created' | 'account' | 'enabled_at' | 'retired_at' | 'deleted_at'> {
  key_id: string;
  enabled: boolean;
  /** SHA-256 of its public key (SPKI in DER), in hex, if the keyring has it. */
  fingerprint?: string;
  /** Whether MessageMedia has it; `unknown` for a key that was pasted without its id. */
  messagemedia: boolean | 'unknown';
  /** Its state in the keyring; `without id` when the receiver tries a key that was pasted without one. */
  keyring: 'yes' | 'no' | 'pending' | 'retired' | 'remembered' | 'without id' | 'unreadable' | 'not asked';
}

/** What MessageMedia and the keyring say of all keys. */
export interface KeyComparison {
  /** First those at MessageMedia, then those that are only in the keyring. */
  rows: KeyRow[];
  /** Why every webhook is refused, with what to do; absent if not. */
  refusal?: string;
  /** What else is wrong, a sentence each. */
  warnings: string[];
}

/** @param keyring `undefined` if nothing names one */
export async function compareKeys(provider: Provider, keyring: KeyringStore | undefined): Promise<KeyComparison> {
  const atProvider = await provider.listSignatureKeys();
  const entries = await keyring?.read();
  const { keys, warnings } = parse(entries ?? []);
  const known = atProvider.map(({ key_id, digest, created, enabled }): KeyRow => {
    const entry = entries?.find((candidate) => sameId(candidate.key_id, key_id));
    const state = entries ? inKeyring(key_id, entry, keys) : 'not asked';
    return { key_id, digest, created, enabled, ...detailsOf(entry), messagemedia: true, keyring: state };
  });
  const others = (entries ?? []).filter((entry) => !known.some((key) => sameId(entry.key_id, key.key_id)));
  const enabled = known.find((key) => key.enabled);
  const refusal = refusalOf(enabled, entries, keys);
  const isTried = refusal === undefined && enabled?.keyring === 'without id';
  return {
    rows: [...known, ...others.map((entry) => rowOf(entry, keys))],
    ...(refusal !== undefined && { refusal }),
    warnings: [
      ...(isTried ? ['The keyring has a key without an id, which the receiver tries for the enabled key.'] : []),
      ...(entries ? warnings.map((warning) => `The receiver warns: ${warning}.`) : []),
      ...repetitions(entries ?? []),
    ],
  };
}

function refusalOf(
  enabled: KeyRow | undefined,
  entries: readonly KeyringEntry[] | undefined,
  keys: readonly VerificationKey[],
): string | undefined {
  if (enabled === undefined)
    return 'No key is enabled at MessageMedia: webhooks arrive unsigned, and every one is refused.';
  if (entries === undefined) return undefined;
  const candidates = keysFor(enabled.key_id, keys);
  if (candidates.length === 0) {
    const mend = entries.every(isReadable) ? 'See "mmw keys create" and "mmw keys import".' : remedy;
    return `The enabled key is not in the keyring: every webhook is refused. ${mend}`;
  }
  if (candidates.some((key) => !isTooLateFor(key, Date.now()))) return undefined;
  return `The enabled key is retired in the keyring: every webhook is refused. To repair it: mmw keys enable ${enabled.key_id}`;
}

function rowOf(entry: KeyringEntry, keys: readonly VerificationKey[]): KeyRow {
  const { key_id, digest, created } = entry;
  return {
    key_id: key_id || '(no id)',
    ...(digest && { digest }),
    ...(created && { created }),
    ...detailsOf(entry),
    enabled: false,
    messagemedia: key_id ? false : 'unknown',
    keyring: key_id || !isReadable(entry) ? inKeyring(key_id, entry, keys) : 'without id',
  };
}

function detailsOf(entry: Partial<KeyringEntry> = {}) {
  const { account, enabled_at, retired_at, deleted_at, public_key } = entry;
  return {
    ...(public_key !== undefined && isReadable({ ...entry, public_key }) && { fingerprint: fingerprintOf(public_key) }),
    ...(account && { account }),
    ...(enabled_at && { enabled_at }),
    ...(retired_at && { retired_at }),
    ...(deleted_at && { deleted_at }),
  };
}

function fingerprintOf(publicKey: string): string {
  return createHash('sha256')
    .update(parsePublicKey(publicKey).export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** The state of a key in the keyring. The receiver's own code decides whether it is readable; its entry says the rest. */
function inKeyring(
  keyId: string | undefined,
  entry: KeyringEntry | undefined,
  keys: readonly VerificationKey[],
): KeyRow['keyring'] {
  if (entry !== undefined && !isReadable(entry)) return 'unreadable';
  if (entry === undefined) return keyId && keysFor(keyId, keys).length > 0 ? 'without id' : 'no';
  if (isDeleted(entry)) return 'remembered';
  if (isPending(entry)) return 'pending';
  return isRetired(entry) ? 'retired' : 'yes';
}

function parse(entries: readonly KeyringEntry[]): { keys: VerificationKey[]; warnings: string[] } {
  try {
    return parseKeyring(writeEntries(entries));
  } catch (error) {
    return { keys: [], warnings: [`${error instanceof Error ? error.message : error}: every webhook is refused`] };
  }
}

/** A key that is there twice may verify, or be retired, under an id that is not its own. */
function repetitions(entries: readonly KeyringEntry[]): string[] {
  const name = ({ key_id }: KeyringEntry) => key_id || 'without an id';
  return entries.flatMap((entry, index) => {
    const before = entries.slice(0, index);
    if (entry.key_id && before.some(({ key_id }) => sameId(key_id, String(entry.key_id))))
      return [`The keyring has the id ${entry.key_id} twice: remove one of the two by hand.`];
    const same = before.find((other) => isSameKey(other, entry));
    if (same === undefined) return [];
    return [
      `The keyring has the same public key twice, as key ${name(same)} and as key ${name(entry)}: one id is wrong.`,
    ];
  });
}

export async function findKeyRow(
  provider: Provider,
  keyring: KeyringStore | undefined,
  keyId: string,
): Promise<KeyRow> {
  const key = (await compareKeys(provider, keyring)).rows.find((candidate) => sameId(candidate.key_id, keyId));
  if (key) return key;
  throw new Error(
    `There is no key ${keyId}, neither at MessageMedia nor in the keyring: "mmw keys list" shows all keys.`,
  );
}

/** The state of a key at MessageMedia, for people. */
export function stateOf({ enabled, messagemedia, deleted_at }: KeyRow): string {
  if (messagemedia === 'unknown') return 'unknown: it has no id';
  if (!messagemedia) return deleted_at ? 'deleted' : 'gone at MessageMedia';
  return enabled ? 'enabled' : 'not enabled';
}

export function describeKey(key: KeyRow): string {
  const { key_id, digest = 'no digest', created = 'unknown', account, fingerprint } = key;
  const owner = account ? `, account ${account}` : '';
  const print = fingerprint === undefined ? '' : `\nSHA-256 of its public key: ${fingerprint}`;
  return `Key ${key_id} (${digest}, created ${created}${owner}): ${stateOf(key)}; in the keyring: ${key.keyring}.${print}`;
}
