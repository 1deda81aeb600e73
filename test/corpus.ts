import { appendFileSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const home = new URL('vectors/', import.meta.url);

/** An input that is hostile, as test/vectors/README.md describes it. */
export type Kept<Input> = Input & { name: string; about: string; keyring: string };

/** All inputs of a file, which are run before any that are generated. */
export function readCorpus<Input>(name: 'hostile-events' | 'hostile-messages'): Kept<Input>[] {
  const lines = readFileSync(new URL(`${name}.jsonl`, home), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => {
    const { keyring, ...input } = JSON.parse(line, expand);
    return { ...input, keyring: typeof keyring === 'string' ? keyring : JSON.stringify(keyring) };
  });
}

/** Keeps an event that broke something, to be run first from now on. @returns the path of its file */
export function keep(about: string, keyring: unknown, event: unknown): string {
  const path = fileURLToPath(new URL('hostile-events.jsonl', home));
  // ASCII alone: no editor and no checkout changes it.
  const line = JSON.stringify({ name: 'found', about, keyring, event }).replaceAll(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  appendFileSync(path, `${line}\n`);
  return path;
}

/** `{"$text":["a",["b",3]]}` is the text `abbb`: what is long by repetition stays readable. */
function expand(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$text' in value)) return value;
  const parts = value.$text as (string | [text: string, times: number])[];
  return parts.map((part) => (typeof part === 'string' ? part : part[0].repeat(part[1]))).join('');
}
