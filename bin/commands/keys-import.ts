import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { importKeys, readImport } from '../../lambda/keys/key-import.ts';
import { connectKeyring } from '../connections.ts';
import type { KeyOptions } from '../key-connection.ts';
import { print } from '../output.ts';

/** `mmw keys import`. */
export async function importCommand(file: string, options: KeyOptions<{ keyId?: string }>): Promise<void> {
  const keyring = await connectKeyring(options);
  const imported = readImport(await readSource(file), options.keyId);
  let added: string[] = [];
  await keyring.update((entries) => {
    const changed = importKeys(entries, imported);
    added = changed.slice(entries.length).map(({ key_id }) => key_id ?? '(no id)');
    return changed;
  });
  const lines = added.map((keyId) => `Key ${keyId} is in the keyring. Every function has it within five minutes.`);
  print(options.json, { imported: added }, lines.join('\n') || 'The keyring has these keys already.');
}

async function readSource(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`File ${file} could not be read.`, { cause });
  });
}
