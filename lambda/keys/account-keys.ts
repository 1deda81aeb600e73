import type { Provider } from '../provider/provider.ts';
import type { KeyOwner } from './keyring.ts';
import { findEntry, identify, type KeyringEntry, sameId } from './keyring-secret.ts';
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
  return (await ownerOf(provider, keyring))?.account;
}

/**
 * The account of these credentials, and those of the other keys. Its lists at MessageMedia have its events.
 *
 * @returns `undefined` as long as no key names an account
 * @throws {Error} as `accountOf`
 */
export async function ownerOf(provider: KeyLists, keyring: KeyringStore): Promise<KeyOwner | undefined> {
  const entries = (await keyring.read()) ?? [];
  const accounts = entries.flatMap(({ account }) => account || []);
  if (accounts.length === 0) return undefined;
  const own = await findAccount(provider, entries);
  return { account: own, others: new Set(accounts.filter((account) => account !== own)) };
}

async function findAccount(provider: KeyLists, entries: readonly KeyringEntry[]): Promise<string | undefined> {
  const enabled = await provider.getEnabledSignatureKey();
  const known =
    (enabled && findEntry(entries, enabled.key_id)) ??
    (await provider.listSignatureKeys()).map(({ key_id }) => findEntry(entries, key_id)).find((entry) => entry);
  if (known) return known.account || undefined;
  throw new Error(
    'Keys in the keyring name accounts, and it has no key of the account of these credentials: create its first key ' +
      'with "mmw keys create --account ID"',
  );
}

/**
 * Names the account of the keys that MessageMedia has for these credentials. Other keys stay as they are.
 *
 * @throws {Error} when the keyring names another account for one of them
 */
export async function nameAccount(provider: KeyLists, keyring: KeyringStore, account: string): Promise<void> {
  const [enabled, listed] = [await provider.getEnabledSignatureKey(), await provider.listSignatureKeys()];
  await keyring.update((entries) => {
    const identified = identify(entries, enabled);
    const isListed = ({ key_id }: KeyringEntry) => listed.some((key) => sameId(key_id, key.key_id));
    const other = identified.find((entry) => isListed(entry) && entry.account && entry.account !== account);
    if (other) {
      throw new Error(
        `Key ${other.key_id} is one of these credentials, and the keyring says account ${other.account}.`,
      );
    }
    const isNew = (entry: KeyringEntry) => isListed(entry) && !entry.account;
    return identified.some(isNew) ? identified.map((entry) => (isNew(entry) ? { ...entry, account } : entry)) : entries;
  });
}
