import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where hostile inputs are kept, a file each: see README.md there. */
const home = new URL('vectors/corpus/', import.meta.url);

/** Which tests an input is for: a folder of the corpus. */
export type CorpusFolder = 'handler' | 'readers';

/** An input in the corpus. */
export type Kept<Input> = Input & {
  /** What is nasty about it, or what it once broke. */
  about: string;
};

/** All inputs in a folder by the names of their files. They are run before any that are generated. */
export function readCorpus<Input>(folder: CorpusFolder, corpus = home): [name: string, input: Kept<Input>][] {
  return readdirSync(new URL(folder, corpus))
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => [name, JSON.parse(readFileSync(new URL(`${folder}/${name}`, corpus), 'utf8'), expand)]);
}

/** Keeps an input that broke something, to be run first from now on. @returns the path of its file */
export function keep<Input extends object>(folder: CorpusFolder, input: Kept<Input>, corpus = home): string {
  const text = `${JSON.stringify(input, undefined, 2).replace(/[^\n\x20-\x7e]/g, escapeCharacter)}\n`;
  const { about: _about, ...rest } = input;
  const hash = createHash('sha256').update(JSON.stringify(rest)).digest('hex');
  const path = fileURLToPath(new URL(`${folder}/found-${hash.slice(0, 8)}.json`, corpus));
  writeFileSync(path, text);
  return path;
}

/** Where a file has `{"$text":["a",["b",3]]}`, the input has the text `abbb`: what is long by repetition stays readable. */
function expand(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$text' in value)) return value;
  const parts = value.$text as (string | [text: string, times: number])[];
  return parts.map((part) => (typeof part === 'string' ? part : part[0].repeat(part[1]))).join('');
}

/** ASCII alone: no editor and no checkout changes it. */
function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
