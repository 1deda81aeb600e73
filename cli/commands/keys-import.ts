import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { KeyringEntry } from '../../lambda/keys/keyring-secret.ts';
import { importKeys, readImport } from '../../lambda/keys/manual-changes.ts';
import { print } from '../../terminal/output.ts';
import { connectKeyring } from '../connections.ts';
import { type KeyOptions, keyOptionsOf } from '../keys/key-connection.ts';

export async function importCommand(file: string, given: KeyOptions<{ keyId?: string }>): Promise<void> {
  const options = keyOptionsOf(given);
  const keyring = await connectKeyring(options);
  const imported = readImport(await readSource(file), { keyId: options.keyId, account: options.keyAccount });
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

async function readSource(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`File ${file} could not be read.`, { cause });
  });
}
