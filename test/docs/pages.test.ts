import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { pages } from '../../docs/write.ts';
import { readSettings } from '../../lib/settings/read-settings.ts';
import { createApp } from '../lib/support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const documents = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md', 'cli/*.md', '.github/**/*.md'], {
  cwd: root,
  exclude: (name) => /node_modules|\.venv/.test(name),
}).sort();
const read = (document: string) => readFileSync(join(root, document), 'utf8');

test('what is computed in the pages is up to date: else run npm run docs', () => {
  for (const { text, expected } of pages()) expect(text).toBe(expected);
});

test('the page of settings has every setting, in the order in which they are read', () => {
  const names = [...read('docs/settings.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(names).toEqual(expect.arrayContaining(Object.keys(readSettings(createApp().node))));
});

/** Anchors of a page's headings, as GitHub makes them. */
function anchors(document: string): string[] {
  const text = read(document).replaceAll(/^```.*?^```/gms, '');
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** Links of a page to files of the project. */
function links(document: string): { target: string; anchor: string | undefined; shown: string }[] {
  const text = read(document).replaceAll(/^```.*?^```/gms, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? document : normalize(join(dirname(document), path)).replace(/\/$/, '');
      return { target, anchor, shown: `${document}: ${link}` };
    });
}

test.each(documents)('every link of %s leads somewhere', (document) => {
  const dead = links(document).filter(({ target, anchor }) => {
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !anchors(target).includes(anchor);
  });
  expect(dead.map(({ shown }) => shown)).toEqual([]);
});

test('what the package has links to nothing that it has not', () => {
  const { files }: { files: string[] } = JSON.parse(read('package.json'));
  // npm always packs these, whatever `files` says.
  const packed = new Set([
    ...files.flatMap((pattern) => globSync([pattern, `${pattern}/**/*`], { cwd: root })),
    'README.md',
    'LICENSE',
  ]);
  const dead = [...packed]
    .filter((file) => file.endsWith('.md'))
    .flatMap(links)
    .filter(({ target }) => !packed.has(target));
  expect(dead.map(({ shown }) => shown)).toEqual([]);
});

test.each(documents)('every test and script that %s names is there', (document) => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
  const tests = [...read(document).matchAll(/`((?:test|examples)\/[\w./-]+)`/g)].map(([, path = '']) => path);
  const named = [...read(document).matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
  expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
});

test('every threat has something that stops it, and a test that proves it', () => {
  const [, section = ''] = /^## Threats$(.*?)^## /ms.exec(read('docs/security.md')) ?? [];
  const rows = section.split('\n').filter((line) => /^\| (?!somebody|-)/.test(line));
  expect(rows.length).toBeGreaterThan(15);
  expect(rows.filter((row) => !/^\|[^|]+\|[^|]+\|[^|]*`(test\/|npm run )[^|]+\|$/.test(row))).toEqual([]);
});

test('the README can be scanned', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(170);
});
