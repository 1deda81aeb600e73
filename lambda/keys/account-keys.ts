import type { Provider } from '../messagemedia/client.ts';
import { type KeyOwner, ownerOf as ownerOfKey, parseKeyring, type VerificationKey } from './keyring.ts';
import { isDeleted, isSameKey, type KeyringEntry, sameId } from './keyring-secret.ts';
import type { KeyringStore } from './keyring-store.ts';

/**
 * The keys of one account in a keyring that several accounts share. Whoever changes them sees no other key and changes
 * none, because MessageMedia knows only those of the account whose credentials it is called with.
 *
 * @param account `undefined` for the keys that name none, which are all as long as no key names one
 */
export function keysOfAccount(keyring: KeyringStore, account: string | undefined): KeyringStore {
  return {
    ...keyring,
    read: async (versionId) => {
      const entries = await keyring.read(versionId);
      return entries?.filter(isOf(account));
    },
    update: (change, versionId) =>
      keyring.update((entries) => {
        const before = entries.filter(isOf(account));
        const after = change(before);
        if (after === before) return entries;
        const others = entries.filter((entry) => !before.includes(entry));
        return [...others, ...after.map((entry) => (account === undefined ? entry : { ...entry, account }))];
      }, versionId),
  };
}

/** Tells the entries of an account from others. */
export function isOf(account: string | undefined): (entry: KeyringEntry) => boolean {
  return (entry) => (entry.account || undefined) === account;
}

type KeyLists = Pick<Provider, 'getEnabledSignatureKey' | 'listSignatureKeys'>;

/**
 * The account of these credentials, as the keyring names it for the keys that MessageMedia has.
 *
 * @returns `undefined` if it names none for them
 * @throws {Error} when it names accounts, but has none of these keys: then nobody can tell whose credentials they are
 */
export async function accountOf(provider: KeyLists, keyring: KeyringStore): Promise<string | undefined> {
  const entries = (await keyring.read()) ?? [];
  if (!entries.some(({ account }) => account)) return undefined;
  return findAccount(
    provider,
    entries.map(({ key_id: id, account }) => ({ id, account })),
  );
}

/**
 * The account of these credentials, and those of the other keys. Its lists at MessageMedia have its events.
 *
 * @param secret the keyring, read as the receiver does: an entry that cannot be read does not count
 * @returns `undefined` as long as no key names an account
 * @throws {Error} as `accountOf`
 */
export async function ownerOf(provider: KeyLists, secret: string): Promise<KeyOwner | undefined> {
  // Without accounts, nothing here depends on the keyring.
  if (!secret.includes('"account"')) return undefined;
  const { keys } = parseKeyring(secret);
  if (!keys.some(({ account }) => account)) return undefined;
  return ownerOfKey({ account: await findAccount(provider, keys) }, keys);
}

async function findAccount(
  provider: KeyLists,
  keys: readonly Pick<VerificationKey, 'id' | 'account'>[],
): Promise<string | undefined> {
  const find = ({ key_id }: { key_id: string }) => keys.find(({ id }) => sameId(id, key_id));
  const enabled = await provider.getEnabledSignatureKey();
  const known = (enabled && find(enabled)) ?? (await provider.listSignatureKeys()).map(find).find((key) => key);
  if (known) return known.account || undefined;
  throw new Error(
    'Keys in the keyring name accounts, and it has no key of the account of these credentials: create its first key ' +
      'with "mmw keys create --account ID"',
  );
}

/**
 * Names the account of the keys that MessageMedia has for these credentials. If all keys that can sign are among them, keys
 * that were deleted get it as well, because they were this account's too. Other keys stay as they are.
 *
 * @throws {Error} when the keyring names another account for one of them, or holds a key without an id: nobody can tell
 *   whose that is
 */
export async function nameAccount(
  provider: Pick<Provider, 'listSignatureKeys'>,
  keyring: KeyringStore,
  account: string,
): Promise<void> {
  const listed = await provider.listSignatureKeys();
  await keyring.update((entries) => {
    const isListed = ({ key_id }: KeyringEntry) => listed.some((key) => sameId(key_id, key.key_id));
    const other = entries.find((entry) => isListed(entry) && entry.account && entry.account !== account);
    if (other) {
      throw new Error(
        `Key ${other.key_id} is one of these credentials, and the keyring says account ${other.account}.`,
      );
    }
    const unnamed = entries.filter((entry) => !entry.account);
    const isElsewhere = (entry: KeyringEntry) => entries.some((one) => one.key_id && isSameKey(one, entry));
    if (unnamed.some((entry) => !entry.key_id && !isElsewhere(entry))) {
      throw new Error(
        'The keyring holds a key without an id, and nobody can tell whose it is: import it again, with --key-id and --account.',
      );
    }
    const isAlone = entries.every((entry) => isListed(entry) || isDeleted(entry)) && unnamed.length === entries.length;
    const named = new Set(isAlone ? unnamed : unnamed.filter(isListed));
    return named.size === 0 ? entries : entries.map((entry) => (named.has(entry) ? { ...entry, account } : entry));
  });
}
