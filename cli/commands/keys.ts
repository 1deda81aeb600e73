import { type Command, Option } from 'commander';
import { deleteKey, disableKey } from '../../lambda/keys/key-changes.ts';
import type { KeyringEntry } from '../../lambda/keys/keyring-secret.ts';
import {
  createEnabledKey,
  enableChosenKey,
  expectForgettable,
  expectNoOtherDigest,
  forgetKey,
  importKeys,
  readImport,
} from '../../lambda/keys/manual-changes.ts';
import type { Digest } from '../../lambda/signature.ts';
import { formatTable, print, progress } from '../../terminal/output.ts';
import { confirm } from '../../terminal/question.ts';
import { addKeyringOptions, connectKeyring, connectProvider, findKeyring, requireKeyringId } from '../connections.ts';
import { confirmTakeover, connectKeys, type KeyOptions, keyOptionsOf } from '../keys/key-connection.ts';
import { compareKeys, describeKey, findKeyRow, stateOf } from '../keys/key-rows.ts';
import { brokenStage, readVersion, replaceVersion } from '../keys/restore.ts';
import { digestOption, readNamed, withOptions } from '../options.ts';
import { connectSecrets } from '../places.ts';
import { decodeText } from '../text-file.ts';

export function addKeysCommand(program: Command): void {
  const keys = program.command('keys').description('create, enable, rotate and delete signature keys');
  const add = (name: string, description: string) => addKeyringOptions(keys.command(name).description(description));

  add('create', 'create a key and write its public key to the keyring; the key is not enabled')
    .addOption(digestOption())
    .option('--enable', 'then enable it at once; "keys rotate" enables a key without losing a webhook')
    .option('--yes', 'do not ask')
    .action(withOptions(createKey));
  add('list', 'list the keys, and their state in the keyring').action(withOptions(listKeys));
  add('show <key-id>', 'show one key').action(withOptions(showKey));
  add('enable <key-id>', 'let MessageMedia sign with this key from now on; also to go back to an old key')
    .option('--yes', 'do not ask')
    .action(withOptions(enableKeyCommand));
  add('rotate', 'replace the enabled key without losing a webhook; takes about 17 minutes, and can be run again')
    .addOption(digestOption())
    .addOption(
      new Option('--abandon', 'instead delete the key that a rotation created and has not enabled yet').conflicts(
        'digest',
      ),
    )
    .option('--yes', 'do not ask')
    .action(withOptions(rotateKeys));
  add('disable', 'disable the enabled key; webhooks then arrive unsigned, and the receiver refuses them')
    .option('--yes', 'do not ask')
    .action(withOptions(disableKeyCommand));
  add('delete <key-id>', 'delete a key at MessageMedia; its public key stays in the keyring')
    .option('--yes', 'do not ask')
    .action(withOptions(deleteKeyCommand));
  add(
    'forget <key-id>',
    'remove a key from the keyring for good, as after a leak; nothing that it signed verifies then',
  )
    .option('--yes', 'do not ask')
    .action(withOptions(forgetKeyCommand));
  add('import <file>', 'add public keys to the keyring from the answer that created them; "-" reads standard input')
    .option('--key-id <id>', 'id for a key that the file has without an id')
    .action(withOptions(importCommand));
  add('restore', 'bring back the version before of a keyring that cannot be read')
    .option('--yes', 'do not ask')
    .action(withOptions(restoreCommand));
}

async function createKey(given: KeyOptions<{ digest: Digest; enable?: boolean; yes?: boolean }>): Promise<void> {
  const options = keyOptionsOf(given);
  const { provider, keyring, rotation } = await connectKeys(options, { digest: options.digest });
  await expectNoOtherDigest(keyring, options.digest);
  if (options.enable) await confirmTakeover({ provider, keyring }, options);
  const keyId = await (options.enable ? createEnabledKey(rotation) : rotation.create());
  const key = await findKeyRow(provider, keyring, keyId);
  print(
    options.json,
    key,
    options.enable ? describeKey(key) : `${describeKey(key)}\nEnable it with: mmw keys enable ${keyId}`,
  );
}

async function listKeys(options: KeyOptions): Promise<void> {
  const { rows: keys, refusal, warnings } = await compareKeys(connectProvider(options), await findKeyring(options));
  const named = keys.some(({ account }) => account);
  const heads = ['key', 'digest', 'created', 'state', 'keyring', 'sha256', ...(named ? ['account'] : [])];
  const cells = keys.map(({ account = '', ...key }) => [
    ...[key.key_id, key.digest ?? '', key.created ?? '', stateOf(key), key.keyring, shorten(key.fingerprint)],
    ...(named ? [account] : []),
  ]);
  const text = keys.length === 0 ? 'There are no keys.' : formatTable(heads, cells);
  print(options.json, keys, [text, ...(refusal === undefined ? [] : [refusal]), ...warnings].join('\n'));
}

/** The beginning of a fingerprint tells keys apart; `keys show` has all of it. */
function shorten(fingerprint = ''): string {
  return fingerprint && `${fingerprint.slice(0, 16)}…`;
}

async function showKey(keyId: string, options: KeyOptions): Promise<void> {
  const key = await findKeyRow(connectProvider(options), await findKeyring(options), keyId);
  print(options.json, key, describeKey(key));
}

async function enableKeyCommand(keyId: string, options: KeyOptions<{ yes?: boolean }>): Promise<void> {
  const { dependencies, provider, keyring } = await connectKeys(options);
  await confirmTakeover({ provider, keyring }, options);
  const abandoned = await enableChosenKey(dependencies, keyId);
  const key = await findKeyRow(provider, keyring, keyId);
  for (const id of abandoned) {
    progress(`The rotation to key ${id} is abandoned. Delete that key with: mmw keys delete ${id}`);
  }
  print(options.json, key, describeKey(key));
}

async function rotateKeys(given: KeyOptions<{ digest: Digest; abandon?: boolean; yes?: boolean }>): Promise<void> {
  const options = keyOptionsOf(given);
  const { provider, keyring, rotation } = await connectKeys(options, { digest: options.digest });
  if (options.abandon) {
    const abandoned = await rotation.abandon();
    const text = abandoned ? `The rotation to key ${abandoned} is abandoned.` : 'No key waits to be enabled.';
    return print(options.json, { abandoned: abandoned ?? null }, text);
  }
  await confirmTakeover({ provider, keyring }, options);
  progress('You can stop this at any time: run it again to continue.');
  await rotation.run();
  const { rows: keys } = await compareKeys(provider, keyring);
  const enabled = keys.find((key) => key.enabled);
  print(options.json, keys, enabled ? describeKey(enabled) : 'No key is enabled.');
}

type Options = KeyOptions<{ yes?: boolean }>;

async function disableKeyCommand(options: Options): Promise<void> {
  const provider = connectProvider(options);
  const keyring = await findKeyring(options);
  const enabled = await provider.getEnabledSignatureKey();
  if (enabled) {
    await confirm(`Disable key ${enabled.key_id}? Webhooks will then arrive unsigned and be refused.`, options);
    await disableKey({ provider, keyring, now: Date.now }, enabled.key_id);
  }
  print(
    options.json,
    { disabled: enabled?.key_id ?? null },
    enabled
      ? `Key ${enabled.key_id} is disabled. To enable it again: mmw keys enable ${enabled.key_id}`
      : 'No key was enabled.',
  );
}

async function deleteKeyCommand(keyId: string, options: Options): Promise<void> {
  const { dependencies, provider, keyring } = await connectKeys(options);
  const key = await findKeyRow(provider, keyring, keyId);
  const consequence = key.enabled
    ? 'It is enabled: webhooks will then arrive unsigned and be refused.'
    : 'It can never be enabled again.';
  await confirm(`Delete key ${keyId}? ${consequence}`, options);
  // Somebody else may have enabled it before the answer. The question was about a key that is not enabled.
  await deleteKey(dependencies, key.key_id, { evenEnabled: key.enabled });
  const isRemembered = key.keyring !== 'no';
  const memory = isRemembered ? ' Its public key stays in the keyring, to verify what it signed.' : '';
  print(options.json, { deleted: key.key_id }, `Key ${key.key_id} is deleted at MessageMedia.${memory}`);
}

async function forgetKeyCommand(keyId: string, options: Options): Promise<void> {
  const { dependencies } = await connectKeys(options, { mayBeUnreadable: true });
  await expectForgettable(dependencies, keyId);
  const question = `Forget key ${keyId}? Nothing that it signed can be verified any more, and its public key cannot be fetched again.`;
  await confirm(question, options);
  await forgetKey(dependencies, keyId);
  print(options.json, { forgotten: keyId }, `Key ${keyId} is no longer in the keyring.`);
}

async function restoreCommand(options: Options): Promise<void> {
  const secretId = await requireKeyringId(options);
  const client = connectSecrets(secretId);
  const [current, previous] = [
    await readVersion(client, secretId, 'AWSCURRENT'),
    await readVersion(client, secretId, 'AWSPREVIOUS'),
  ];
  if (current === undefined || (current.broken === 0 && current.keys.length > 0)) {
    return print(
      options.json,
      { restored: null },
      'The keyring can be read, or has no value: there is nothing to restore.',
    );
  }
  const good = previous && previous.broken === 0 && previous.keys.length > 0 ? previous : undefined;
  if (good === undefined && (current.broken === 0 || current.keys.length > 0)) {
    throw new Error(
      'The version before (AWSPREVIOUS) is no better, so nothing was changed. Correct the entry that cannot be read, or remove it with "mmw keys forget"; then add its public key with "mmw keys import".',
    );
  }
  const found = good
    ? `The version before${good.createdAt ? ` (${good.createdAt.toISOString()})` : ''} has these keys: ${good.keys.join(', ')}. Make it the current one?`
    : 'Neither this version nor the one before can be read. Begin anew with an empty keyring?';
  await confirm(`${found} The version that cannot be read is kept under the label ${brokenStage}.`, options);
  await replaceVersion(client, secretId, current, good);
  const soon = 'Every function has them within five minutes.';
  print(
    options.json,
    { restored: good?.keys ?? [] },
    good
      ? `The keyring has these keys again: ${good.keys.join(', ')}. ${soon}`
      : 'The keyring is empty. Add keys with "mmw keys import", or create one with "mmw keys create --enable".',
  );
}

async function importCommand(file: string, given: KeyOptions<{ keyId?: string }>): Promise<void> {
  const options = keyOptionsOf(given);
  const keyring = await connectKeyring(options);
  const imported = readImport(decodeText(await readNamed(file)), { keyId: options.keyId, account: options.keyAccount });
  let added: string[] = [];
  let named: string[] = [];
  const idOf = ({ key_id }: KeyringEntry) => key_id ?? '(no id)';
  await keyring.update((entries) => {
    const changed = importKeys(entries, imported);
    added = changed.slice(entries.length).map(idOf);
    named = changed.filter((entry, index) => index < entries.length && entry !== entries[index]).map(idOf);
    return changed;
  });
  const soon = 'Every function has it within five minutes.';
  const lines = [
    ...added.map((keyId) => `Key ${keyId} is in the keyring. ${soon}`),
    ...named.map((keyId) => `Key ${keyId} is of account ${options.keyAccount} now. ${soon}`),
  ];
  print(options.json, { imported: added, named }, lines.join('\n') || 'The keyring has these keys already.');
}
