import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { readSettings } from '../lib/settings/read-settings.ts';

/*
 * The table of docs/settings.md, made from the docstrings of lib/settings/settings.ts and the values that are used where
 * nothing is given. `npm run docs` writes it, and a test fails when it is out of date.
 */

const source = readFileSync(new URL('../lib/settings/settings.ts', import.meta.url), 'utf8');

/** One property of the interface, with the comment before it. */
const property = /^ {2}\/\*\*\n(?<comment>(?: {3}\*.*\n)+?) {3}\*\/\n {2}(?<name>\w+)\??:/gm;

/** Every setting with its default and its meaning. */
export function settingRows(): string[][] {
  const defaults = new Map(Object.entries(readSettings(new App().node)));
  return [...source.matchAll(property)].map(({ groups: { comment = '', name = '' } = {} }) => {
    const [meaning = '', fallback = ''] = comment.replaceAll(/^ {3}\* ?/gm, '').split('@default ');
    const value = defaults.get(name);
    const shown = value === undefined ? fallback.replace(/^- /, '') : `\`${value}\``;
    return [`\`${name}\``, oneLine(shown), oneLine(meaning)];
  });
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
}
