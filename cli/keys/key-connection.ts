import { isAccount } from '../../lambda/guards.ts';
import { accountOf, keysOfAccount, nameAccount } from '../../lambda/keys/account-keys.ts';
import { sameId } from '../../lambda/keys/keyring-secret.ts';
import { expectReadable, type KeyringStore } from '../../lambda/keys/keyring-store.ts';
import { createRotation } from '../../lambda/keys/rotation.ts';
import type { Provider } from '../../lambda/messagemedia/client.ts';
import type { Digest } from '../../lambda/signature.ts';
import { progress } from '../../terminal/output.ts';
import { confirm } from '../../terminal/question.ts';
import { pause } from '../../terminal/waiting.ts';
import { connectKeyring, connectProvider, type GlobalOptions, type KeyringOptions } from '../connections.ts';
import { UsageError } from '../options.ts';

export type KeyOptions<Own = object> = GlobalOptions & KeyringOptions & { keyAccount?: string | undefined } & Own;

/**
 * The options of a command whose `--account` says whose keys they are. It does not act for a sub-account then: MessageMedia
 * has no signature keys of sub-accounts.
 */
export function keyOptionsOf<Own>(given: KeyOptions<Own>): KeyOptions<Own> {
  const { account, ...options } = given;
  if (account !== undefined && !isAccount(account)) {
    throw new UsageError(`The account is "${account}": it must be text without spaces.`);
  }
  return { ...options, keyAccount: account } as KeyOptions<Own>;
}

/**
 * MessageMedia, the keys of its account in the keyring, and a rotation that changes keys in both.
 *
 * @throws {KeyringError} for a keyring that cannot be read, before anything is changed; not for a command that mends it
 */
export async function connectKeys(
  options: KeyOptions,
  { digest = 'SHA256', mayBeUnreadable = false }: { digest?: Digest; mayBeUnreadable?: boolean } = {},
) {
  const provider = connectProvider(options);
  const shared = await connectKeyring(options);
  if (!mayBeUnreadable) await expectReadable(shared);
  const { keyAccount } = options;
  if (keyAccount !== undefined) await nameAccount(provider, shared, keyAccount);
  const keyring = keysOfAccount(shared, keyAccount ?? (await accountOf(provider, shared)));
  const dependencies = { provider, keyring, now: Date.now, pause: pauseRotation, log: progress };
  return { dependencies, provider, keyring, rotation: createRotation({ ...dependencies, digest }) };
}

/** Every change of keys can be interrupted. */
const pauseRotation = (milliseconds: number, whole?: number) =>
  pause(milliseconds, { whole, help: 'Ctrl-C stops; run the command again to go on.' });

/**
 * Asks before a key replaces one that is not in the keyring. Another receiver that has only the replaced key, perhaps
 * another stack, can then verify no webhook any more.
 */
export async function confirmTakeover(
  { provider, keyring }: { provider: Provider; keyring: KeyringStore },
  options: { yes?: boolean },
): Promise<void> {
  const enabled = await provider.getEnabledSignatureKey();
  const entries = (await keyring.read()) ?? [];
  // A key that was pasted without its id may be the enabled one.
  if (!enabled || entries.some(({ key_id }) => !key_id || sameId(key_id, enabled.key_id))) return;
  await confirm(
    `Key ${enabled.key_id} is enabled but not in this keyring, so this receiver refuses every webhook. Enable another key? A receiver that has only key ${enabled.key_id} will then refuse every webhook.`,
    options,
  );
}
