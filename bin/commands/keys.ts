import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { deleteKey as deleteKeyEverywhere, enableKey, isVerifiable } from '../../lambda/key-changes.ts';
import { parseKeyring } from '../../lambda/keyring.ts';
import { afterEnd, type KeyringEntry, readEntries, sameId, without } from '../../lambda/keyring-secret.ts';
import type { KeyringStore } from '../../lambda/keyring-store.ts';
import type { Provider } from '../../lambda/provider/provider.ts';
import { createRotation } from '../../lambda/rotation.ts';
import type { Digest } from '../../lambda/signature.ts';
import {
  addKeyringOptions,
  connectKeyring,
  connectProvider,
  findKeyring,
  type GlobalOptions,
  type KeyringOptions,
} from '../connections.ts';
import { describeKey, findKeyRow, type KeyRow, listKeyRows, stateOf } from '../key-rows.ts';
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
  add('disable', 'leave webhooks unsigned from now on, which makes the receiver refuse them')
    .option('--yes', 'do not ask')
    .action((_options, command: Command) => disableKey(command.optsWithGlobals()));
  add('delete <key-id>', 'delete a key at MessageMedia; its public half stays in the keyring, to check what it signed')
    .option('--yes', 'do not ask')
    .action((keyId: string, _options, command: Command) => deleteKey(keyId, command.optsWithGlobals()));
  add(
    'forget <key-id>',
    'drop a key from the keyring for good, after a leak: nothing that it signed is accepted any more',
  )
    .option('--yes', 'do not ask')
    .action((keyId: string, _options, command: Command) => forgetKey(keyId, command.optsWithGlobals()));
  add(
    'import <file>',
    'add public keys to the keyring: an answer of MessageMedia that created one, or - for standard input',
  ).action((file: string, _options, command: Command) => importKeys(file, command.optsWithGlobals()));
  add('rotate', 'replace the enabled key without losing a webhook; takes about 17 minutes, and can be run again')
    .addOption(digestOption())
    .option('--abandon', 'give up the new key of a rotation that is under way, and leave the enabled one')
    .option('--yes', 'do not ask')
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
  if (options.enable) await rotation.enable({ keyId, atOnce: true });
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
  print(options.json, keys, `${text}${warningOf(keys)}`);
}

/** What is wrong with the keys as they are now, in the words of what becomes of webhooks. */
function warningOf(keys: readonly KeyRow[]): string {
  const enabled = keys.find((key) => key.enabled);
  if (enabled === undefined) return '\nNo key is enabled: webhooks arrive unsigned, and every one is refused.';
  if (enabled.keyring === 'yes' || enabled.keyring === 'pending' || enabled.keyring === 'not asked') return '';
  const problem = {
    no: 'is not in the keyring',
    unreadable: 'cannot be read in the keyring',
    retired: 'is retired in the keyring',
    remembered: 'is deleted in the keyring',
  }[enabled.keyring];
  return `\nThe enabled key ${problem}: every webhook is refused. See "mmw keys create --help" and "mmw keys import --help".`;
}

async function showKey(keyId: string, options: Options): Promise<void> {
  const key = await findKeyRow(connectProvider(options), await findKeyring(options), keyId);
  print(options.json, key, describeKey(key));
}

async function enableKeyCommand(keyId: string, options: Options<{ yes?: boolean }>): Promise<void> {
  const { provider, keyring } = await connect(options);
  await confirmTakeover({ provider, keyring }, options);
  await enableKey({ provider, keyring, now: Date.now, pause: sleep }, keyId);
  const key = await findKeyRow(provider, keyring, keyId);
  print(options.json, key, describeKey(key));
}

/** Whoever has the key that is enabled now, another stack perhaps, can verify nothing any more once ours is. */
async function confirmTakeover(
  { provider, keyring }: { provider: Provider; keyring: KeyringStore },
  options: { yes?: boolean },
): Promise<void> {
  const enabled = await provider.getEnabledSignatureKey();
  if (!enabled || isVerifiable(enabled.key_id, (await keyring.read()) ?? [])) return;
  await confirm(
    `Key ${enabled.key_id} is enabled and not in this keyring. Enable another? Whoever verifies with it refuses every webhook from then on.`,
    options,
  );
}

async function disableKey(options: Options<{ yes?: boolean }>): Promise<void> {
  const provider = connectProvider(options);
  const keyring = await findKeyring(options);
  const enabled = await provider.getEnabledSignatureKey();
  if (enabled) {
    await confirm(`Disable key ${enabled.key_id}? Webhooks arrive unsigned from then on, and are refused.`, options);
    await provider.disableSignatureKey();
    await keyring?.update((entries) => afterEnd(entries, enabled.key_id, 'retired_at', Date.now()));
  }
  print(
    options.json,
    { disabled: enabled?.key_id ?? null },
    enabled ? `Key ${enabled.key_id} is disabled.` : 'No key was enabled.',
  );
}

async function deleteKey(keyId: string, options: Options<{ yes?: boolean }>): Promise<void> {
  const { provider, keyring } = await connect(options);
  const wasEnabled = sameId((await provider.getEnabledSignatureKey())?.key_id, keyId);
  const consequence = wasEnabled
    ? 'It is enabled: webhooks arrive unsigned from then on, and are refused.'
    : 'It can sign no more. Its public half stays here, to check what it signed.';
  const key = await findKeyRow(provider, keyring, keyId);
  await confirm(`Delete key ${keyId}? ${consequence}`, options);
  const dependencies = { provider, keyring, now: Date.now, pause: sleep };
  // Looked at again: somebody may have enabled it while the question stood there.
  await deleteKeyEverywhere(dependencies, key.key_id, { evenIfEnabled: wasEnabled });
  print(options.json, { deleted: key.key_id }, `Key ${key.key_id} is deleted at MessageMedia.`);
}

async function forgetKey(keyId: string, options: Options<{ yes?: boolean }>): Promise<void> {
  const { provider, keyring } = await connect(options);
  if (sameId((await provider.getEnabledSignatureKey())?.key_id, keyId)) {
    throw new Error(`Key ${keyId} is enabled: rotate first ("mmw keys rotate"), or every webhook would be refused.`);
  }
  const entries = (await keyring.read()) ?? [];
  if (without(entries, keyId).length === entries.length) throw new Error(`The keyring has no key ${keyId}.`);
  await confirm(`Forget key ${keyId}? Nothing that it signed is accepted or can be checked any more.`, options);
  await keyring.update((current) => without(current, keyId));
  print(options.json, { forgotten: keyId }, `Key ${keyId} is forgotten.`);
}

/** Adds keys of any form that a keyring secret may have; what is there already stays as it is. */
async function importKeys(file: string, options: Options): Promise<void> {
  const keyring = await connectKeyring(options);
  const secret = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  // Every key must be one that verifiers can read, and each is known by its id from then on.
  const { warnings } = parseKeyring(secret);
  const skipped = warnings.filter((warning) => warning.includes('is skipped'));
  if (skipped.length > 0) throw new Error(`${file} holds something that is no key: ${skipped.join('; ')}.`);
  const added = (readEntries(secret) as KeyringEntry[]).map((entry) => ({ ...entry, enabled: undefined }));
  if (added.length === 0 || added.some(({ key_id }) => !key_id)) {
    throw new Error(`${file} must hold the answer of MessageMedia that created the key, with its key_id.`);
  }
  await keyring.update((entries) => {
    const news = added.filter(({ key_id }) => !entries.some((entry) => sameId(entry.key_id, key_id ?? '')));
    return news.length === 0 ? entries : [...entries, ...news];
  });
  const ids = added.map(({ key_id }) => key_id);
  print(options.json, { imported: ids }, `In the keyring: ${ids.join(', ')}.`);
}

async function rotateKeys(options: Options<{ digest: Digest; abandon?: boolean; yes?: boolean }>): Promise<void> {
  const { provider, keyring, rotation } = await connect(options, options.digest);
  if (options.abandon) {
    const abandoned = await rotation.abandon();
    const said = abandoned ? `Key ${abandoned} is given up, and deleted.` : 'No rotation is under way.';
    return print(options.json, { abandoned: abandoned ?? null }, said);
  }
  await confirmTakeover({ provider, keyring }, options);
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
