import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** The folders from which the files of a folder may import, besides their own. A new one needs a decision. */
const arrows: Record<string, readonly string[]> = {
  // Entries of Lambda, and the files that all folders share.
  lambda: ['lambda/receiver', 'lambda/archive', 'lambda/reconcile', 'lambda/event', 'lambda/keys', 'lambda/provider'],
  'lambda/receiver': ['lambda', 'lambda/event', 'lambda/keys'],
  'lambda/archive': ['lambda', 'lambda/event', 'lambda/keys'],
  'lambda/reconcile': ['lambda', 'lambda/event', 'lambda/keys', 'lambda/provider'],
  'lambda/diagnosis': ['lambda', 'lambda/event', 'lambda/keys'],
  'lambda/event': ['lambda', 'lambda/keys'],
  'lambda/keys': ['lambda', 'lambda/provider'],
  'lambda/provider': ['lambda'],
  lib: ['lambda', 'lib/archive', 'lib/front-door', 'lib/monitoring', 'lib/settings'],
  'lib/archive': ['lambda', 'lib'],
  'lib/front-door': ['lambda', 'lib'],
  'lib/monitoring': ['lambda', 'lib', 'lib/archive'],
  'lib/settings': ['lambda', 'lib/front-door'],
  terminal: [],
  sandbox: [
    ...['lambda', 'lambda/receiver', 'lambda/event', 'lambda/diagnosis', 'lambda/keys', 'lambda/provider'],
    ...['terminal', 'sandbox/aws', 'sandbox/provider', 'sandbox/inspector'],
  ],
  'sandbox/aws': ['lambda', 'lambda/receiver', 'sandbox'],
  'sandbox/provider': ['lambda', 'lambda/provider', 'sandbox'],
  'sandbox/inspector': [
    ...['lambda', 'lambda/receiver', 'lambda/event', 'lambda/diagnosis', 'lambda/keys'],
    ...['terminal', 'sandbox', 'sandbox/aws'],
  ],
  'sandbox/inspector/page': [],
  bin: ['lambda', 'lambda/keys', 'lambda/provider', 'lib', 'lib/settings', 'terminal', 'sandbox', 'bin/commands'],
  'bin/commands': [
    ...['lambda', 'lambda/event', 'lambda/reconcile', 'lambda/diagnosis', 'lambda/keys', 'lambda/provider'],
    ...['terminal', 'sandbox', 'bin', 'bin/archive', 'bin/captures', 'bin/checkup', 'bin/queue'],
  ],
  'bin/archive': ['lambda', 'lambda/archive', 'lambda/event', 'lambda/keys', 'terminal', 'bin'],
  'bin/captures': ['lambda', 'lambda/receiver', 'lambda/diagnosis'],
  'bin/checkup': [
    ...['lambda', 'lambda/event', 'lambda/keys', 'lambda/provider'],
    ...['sandbox/provider', 'bin', 'bin/queue'],
  ],
  'bin/queue': ['lambda', 'lambda/event', 'terminal', 'bin'],
  // Measures what the tests prove, with their keys and requests.
  bench: [
    ...['lambda', 'lambda/archive', 'lambda/receiver', 'lambda/event', 'lambda/keys', 'lib'],
    ...['sandbox', 'sandbox/aws', 'sandbox/inspector', 'bin', 'bin/archive', 'bin/queue', 'test'],
  ],
  docs: ['lambda/diagnosis', 'lib/front-door', 'lib/settings'],
  examples: ['examples/typescript', 'examples/python'],
  'examples/fan-out': ['examples'],
  'examples/typescript': ['examples'],
  'examples/python': ['examples'],
  'examples/python/consumer': [],
  'examples/python/tests': ['examples/python/consumer'],
};

/** Files directly in `lambda/` that every folder may import, because they import no folder. The others there are entries. */
const shared = [
  ...['archive-contract', 'contract', 'deadline', 'describe-error', 'environment', 'guards', 'json', 'log'],
  ...['connections', 'media-type', 's3-conflict', 'sha256', 'signature', 'stack-outputs', 'warm-up'],
].map((name) => `lambda/${name}.ts`);

/** Every source file of the project but its tests. Folders that begin with a dot are left out. */
const files = globSync('**/*.{ts,js,css,py}', {
  cwd: root,
  exclude: ['**/node_modules', 'test', 'dist', 'cdk.out'],
}).sort();

/** The files of the project that a file imports or starts. */
function importsOf(file: string): string[] {
  const source = read(file);
  const targets = file.endsWith('.py')
    ? [...source.matchAll(/^from (consumer)(?:\.(\w+))? import (\w+)/gm)].map(
        ([, , module, name]) => `examples/python/consumer/${module ?? name}.py`,
      )
    : [...source.matchAll(/(?:\bfrom |\bimport |\bimport\(|\bnew URL\()'(\.[^']+)'/g)].map(([, path = '']) =>
        normalize(join(dirname(file), path)),
      );
  return targets.filter(
    (target) => /\.(ts|js|css|py)$/.test(target) && !target.startsWith('node_modules/') && exists(target),
  );
}

/** Not what the inspector serves to its page from packages. */
const exists = (file: string) => existsSync(join(root, file));

/** The nodes of a graph that are in a circle, or lead to one. */
function inCircle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const clear = new Set<string>();
  const left = () => [...graph.keys()].filter((node) => !clear.has(node));
  for (let before = -1; before !== clear.size; ) {
    before = clear.size;
    for (const node of left()) {
      if (graph.get(node)?.every((target) => clear.has(target) || !graph.has(target))) clear.add(node);
    }
  }
  return left();
}

test('every source file is in a folder of the table', () => {
  expect(files.length).toBeGreaterThan(200);
  expect(files.filter((file) => ![...Object.keys(arrows), '.'].includes(dirname(file)))).toEqual([]);
});

test.each(Object.entries(arrows))('%s imports from nowhere but %j', (room, allowed) => {
  const strangers = files
    .filter((file) => dirname(file) === room)
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => dirname(target) !== room && !allowed.includes(dirname(target)))
        .map((target) => `${file} -> ${target}`),
    );
  expect(strangers).toEqual([]);
});

test('CONTRIBUTING.md has the same table', () => {
  const [, map = ''] = /^## The folders$(.*?)^## /ms.exec(read('CONTRIBUTING.md')) ?? [];
  const rows = [...map.matchAll(/^\| `([\w/-]+)\/` \|[^|]*\|([^|]*)\|$/gm)].map(
    ([, room = '', imports = '']): [string, string[]] => [
      room,
      [...imports.matchAll(/`([\w/-]+)`/g)].map(([, name = '']) => name),
    ],
  );
  expect(Object.fromEntries(rows)).toEqual(arrows);
});

test('the top folders import each other one way', () => {
  const top = (room: string) => room.split('/')[0] ?? '';
  const graph = new Map<string, string[]>();
  for (const [room, allowed] of Object.entries(arrows)) {
    const others = allowed.map(top).filter((other) => other !== top(room));
    graph.set(top(room), [...(graph.get(top(room)) ?? []), ...others]);
  }
  expect(inCircle(graph)).toEqual([]);
});

test('no folder of lambda imports an entry, and what all share imports no folder', () => {
  const upwards = files
    .filter((file) => file.startsWith('lambda/') && dirname(file) !== 'lambda')
    .flatMap((file) => importsOf(file).map((target) => ({ file, target })))
    .filter(({ target }) => dirname(target) === 'lambda' && !shared.includes(target));
  expect(upwards).toEqual([]);
  const ofShared = shared.filter(exists).flatMap(importsOf);
  expect(ofShared.filter((target) => !shared.includes(target))).toEqual([]);
});

test('no files import each other in a circle', () => {
  expect(inCircle(new Map(files.map((file) => [file, importsOf(file)])))).toEqual([]);
});

test('every file fits in the head: 300 lines', () => {
  expect(files.filter((file) => read(file).split('\n').length > 301)).toEqual([]);
});
