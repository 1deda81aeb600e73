import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { sameId } from '../../lambda/keyring-secret.ts';
import type { KeyringStore } from '../../lambda/keyring-store.ts';
import type { Provider } from '../../lambda/provider/provider.ts';
import { createRotation, deleteKey as deleteKeyEverywhere, enableKey } from '../../lambda/rotation.ts';
import type { Digest } from '../../lambda/signature.ts';
import {
  addKeyringOptions,
  connectKeyring,
  connectProvider,
  findKeyring,
  type GlobalOptions,
  type KeyringOptions,
} from '../connections.ts';
import { describeKey, findKeyRow, listKeyRows, stateOf } from '../key-rows.ts';
import { formatTable, print, progress } from '../output.ts';
import { confirm } from '../question.ts';

type Options<Own = object> = GlobalOptions & KeyringOptions & Own;

const digestOption = () =>
  new Option('--digest <name>', 'digest that the new key signs with')
    .choices(['SHA224', 'SHA256', 'SHA512'])
    .default('SHA256');

/** `mmw keys`: the life of signature keys. */
export function addKeysCommand(program: Command): void {
  const keys = program.command('keys').description('create, enable, rotate and delete signature keys');
  const add = (name: string, description: string) => addKeyringOptions(keys.command(name).description(description));

  add('create', 'create a key and write its public half to the keyring, before anything is enabled')
    .addOption(digestOption())
    .option('--enable', 'then enable it at once; "keys rotate" does it without a gap')
    .option('--yes', 'do not ask')
    .action((_options, command: Command) => createKey(command.optsWithGlobals()));
  add('list', 'list the keys, and what the keyring has of them').action((_options, command: Command) =>
    listKeys(command.optsWithGlobals()),
  );
  add('show <key-id>', 'show one key').action((keyId: string, _options, command: Command) =>
    showKey(keyId, command.optsWithGlobals()),
  );
  add('enable <key-id>', 'sign webhooks with this key from now on; also the way back to an old one')
    .option('--yes', 'do not ask')
    .action((keyId: string, _options, command: Command) => enableKeyCommand(keyId, command.optsWithGlobals()));
  keys
    .command('disable')
    .description('leave webhooks unsigned from now on, which makes the receiver refuse them')
    .option('--yes', 'do not ask')
    .action((_options, command: Command) => disableKey(command.optsWithGlobals()));
  add('delete <key-id>', 'delete a key at MessageMedia and in the keyring')
    .option('--yes', 'do not ask')
    .action((keyId: string, _options, command: Command) => deleteKey(keyId, command.optsWithGlobals()));
  add('rotate', 'replace the enabled key without losing a webhook; takes about 17 minutes, and can be run again')
    .addOption(digestOption())
    .action((_options, command: Command) => rotateKeys(command.optsWithGlobals()));
}

async function createKey(options: Options<{ digest: Digest; enable?: boolean; yes?: boolean }>): Promise<void> {
  const { provider, keyring, rotation } = await connect(options, options.digest);
  const pending = (await keyring.read())?.find(({ pending_since }) => pending_since !== undefined);
  if (pending && pending.digest !== options.digest) {
    const { key_id, digest } = pending;
    throw new Error(`Key ${key_id} (${digest}) waits to be enabled: enable or delete it before making another.`);
  }
  if (options.enable) await confirmTakeover({ provider, keyring }, options);
  const keyId = await rotation.create();
  if (options.enable) await rotation.enable({ atOnce: true });
  const key = await findKeyRow(provider, keyring, keyId);
  print(
    options.json,
    key,
    options.enable ? describeKey(key) : `${describeKey(key)}\nEnable it with: mmw keys enable ${keyId}`,
  );
}

async function listKeys(options: Options): Promise<void> {
  const keys = await listKeyRows(connectProvider(options), await findKeyring(options));
  const cells = keys.map((key) => [key.key_id, key.digest ?? '', key.created ?? '', stateOf(key), key.keyring]);
  const text =
    keys.length === 0 ? 'There are no keys.' : formatTable(['key', 'digest', 'created', 'state', 'keyring'], cells);
  const enabled = keys.find((key) => key.enabled);
  const warning =
    enabled?.keyring === 'no'
      ? '\nThe enabled key is not in the keyring: every webhook is refused. See "mmw keys create --help".'
      : '';
  print(options.json, keys, `${text}${warning}`);
}

async function showKey(keyId: string, options: Options): Promise<void> {
  const key = await findKeyRow(connectProvider(options), await findKeyring(options), keyId);
  print(options.json, key, describeKey(key));
}

async function enableKeyCommand(keyId: string, options: Options<{ yes?: boolean }>): Promise<void> {
  const { provider, keyring } = await connect(options);
  await confirmTakeover({ provider, keyring }, options);
  await enableKey({ provider, keyring, now: Date.now }, keyId);
  const key = await findKeyRow(provider, keyring, keyId);
  print(options.json, key, describeKey(key));
}

/** Whoever has the key that is enabled now, another stack perhaps, can verify nothing any more once ours is. */
async function confirmTakeover(
  { provider, keyring }: { provider: Provider; keyring: KeyringStore },
  options: { yes?: boolean },
): Promise<void> {
  const enabled = await provider.getEnabledSignatureKey();
  const entries = (await keyring.read()) ?? [];
  // A key that was pasted without its id may be the very one.
  if (!enabled || entries.some(({ key_id }) => !key_id || sameId(key_id, enabled.key_id))) return;
  await confirm(
    `Key ${enabled.key_id} is enabled and not in this keyring. Enable another? Whoever verifies with it refuses every webhook from then on.`,
    options,
  );
}

async function disableKey(options: GlobalOptions & { yes?: boolean }): Promise<void> {
  const provider = connectProvider(options);
  const enabled = await provider.getEnabledSignatureKey();
  if (enabled) {
    await confirm(`Disable key ${enabled.key_id}? Webhooks arrive unsigned from then on, and are refused.`, options);
    await provider.disableSignatureKey();
  }
  print(
    options.json,
    { disabled: enabled?.key_id ?? null },
    enabled ? `Key ${enabled.key_id} is disabled.` : 'No key was enabled.',
  );
}

async function deleteKey(keyId: string, options: Options<{ yes?: boolean }>): Promise<void> {
  const { provider, keyring } = await connect(options);
  const enabled = await provider.getEnabledSignatureKey();
  const consequence = sameId(enabled?.key_id, keyId)
    ? 'It is enabled: webhooks arrive unsigned from then on, and are refused.'
    : 'Webhooks signed with it that are still to be retried are refused from then on.';
  const key = await findKeyRow(provider, keyring, keyId);
  await confirm(`Delete key ${keyId}? ${consequence}`, options);
  await deleteKeyEverywhere({ provider, keyring }, key.key_id);
  print(options.json, { deleted: key.key_id }, `Key ${key.key_id} is deleted, at MessageMedia and in the keyring.`);
}

async function rotateKeys(options: Options<{ digest: Digest }>): Promise<void> {
  const { provider, keyring, rotation } = await connect(options, options.digest);
  progress('It can be stopped at any time without harm: run it again to go on.');
  await rotation.run();
  const keys = await listKeyRows(provider, keyring);
  const enabled = keys.find((key) => key.enabled);
  print(options.json, keys, enabled ? describeKey(enabled) : 'No key is enabled.');
}

async function connect(options: Options, digest: Digest = 'SHA256') {
  const provider = connectProvider(options);
  const keyring = await connectKeyring(options);
  const pause = (milliseconds: number) => sleep(milliseconds);
  const rotation = createRotation({ provider, keyring, digest, now: Date.now, pause, log: progress });
  return { provider, keyring, rotation };
}
