import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** The folders from which the files of a folder may import, besides their own. A new one needs a decision. */
const arrows: Record<string, readonly string[]> = {
  bin: ['lib', 'lib/settings'],
  sandbox: [
    ...['sandbox/aws', 'sandbox/messagemedia', 'sandbox/inspector', 'terminal', 'diagnosis', 'signing'],
    ...['lambda', 'lambda/receiver', 'lambda/event', 'lambda/keys', 'lambda/messagemedia'],
  ],
  'sandbox/aws': ['sandbox', 'lambda', 'lambda/receiver'],
  'sandbox/messagemedia': ['sandbox', 'signing', 'lambda', 'lambda/messagemedia'],
  'sandbox/inspector': [
    ...['sandbox', 'sandbox/aws', 'terminal', 'diagnosis', 'signing'],
    ...['lambda', 'lambda/receiver', 'lambda/event', 'lambda/keys'],
  ],
  'sandbox/inspector/page': [],
  // `mmw` itself imports the commands; they and their helpers import what else is in `cli`.
  cli: ['cli/commands', 'terminal', 'signing', 'lambda', 'lambda/keys', 'lambda/messagemedia'],
  'cli/commands': [
    ...['cli', 'cli/archive', 'cli/doctor', 'cli/keys', 'cli/queue', 'cli/webhooks'],
    ...['terminal', 'diagnosis', 'signing'],
    ...['lambda', 'lambda/event', 'lambda/reconcile', 'lambda/keys', 'lambda/messagemedia'],
  ],
  'cli/doctor': [
    ...['cli', 'cli/keys', 'cli/queue', 'cli/webhooks', 'terminal', 'diagnosis', 'signing'],
    ...['lambda', 'lambda/receiver', 'lambda/keys', 'lambda/messagemedia'],
  ],
  'cli/archive': ['cli', 'lambda', 'lambda/archive', 'lambda/event', 'lambda/keys'],
  'cli/keys': ['cli', 'terminal', 'lambda', 'lambda/keys', 'lambda/messagemedia'],
  'cli/queue': ['cli', 'terminal', 'lambda', 'lambda/event'],
  'cli/webhooks': ['cli', 'signing', 'lambda', 'lambda/event', 'lambda/messagemedia'],
  terminal: [],
  lib: ['lib/archive', 'lib/front-door', 'lib/monitoring', 'lib/settings', 'lambda'],
  'lib/archive': ['lib', 'lambda'],
  'lib/front-door': ['lib', 'lambda'],
  'lib/monitoring': ['lib', 'lib/archive', 'lambda'],
  'lib/settings': ['lib/front-door', 'lambda'],
  diagnosis: ['lambda', 'lambda/event', 'lambda/keys'],
  signing: ['lambda', 'lambda/messagemedia'],
  // Entries of Lambda, and the files that all folders share.
  lambda: [
    ...['lambda/receiver', 'lambda/archive', 'lambda/reconcile', 'lambda/event', 'lambda/keys', 'lambda/messagemedia'],
  ],
  'lambda/receiver': ['lambda', 'lambda/event', 'lambda/keys'],
  'lambda/archive': ['lambda', 'lambda/event', 'lambda/keys'],
  'lambda/reconcile': ['lambda', 'lambda/event', 'lambda/keys', 'lambda/messagemedia'],
  'lambda/event': ['lambda', 'lambda/keys'],
  'lambda/keys': ['lambda', 'lambda/messagemedia'],
  'lambda/messagemedia': ['lambda'],
  // Measures what the tests prove, with their keys and requests.
  bench: [
    ...['cli', 'cli/queue', 'sandbox', 'sandbox/aws', 'sandbox/inspector', 'terminal', 'lib', 'signing'],
    ...['lambda', 'lambda/receiver', 'lambda/event', 'lambda/keys', 'test'],
  ],
  docs: ['bench', 'lib/settings'],
  examples: ['examples/typescript', 'examples/python'],
  'examples/fan-out': ['examples'],
  'examples/typescript': ['examples'],
  'examples/python': ['examples'],
  'examples/python/consumer': [],
  'examples/python/tests': ['examples/python/consumer'],
};

/** The top folders from the roof down: each imports only from those behind it. */
const floors = ['docs', 'bench', 'bin', 'sandbox', 'cli', 'terminal', 'lib', 'diagnosis', 'signing', 'lambda'];

/** Files of `lambda/` that every folder may import, because they import nothing but each other. The others there are entries. */
const shared = [
  ...['archive-contract', 'contract', 'deadline', 'environment', 'guards', 'json', 'log'],
  ...['connections', 'sha256', 'signature', 'stack-outputs', 'warm-up', 'event/kinds'],
].map((name) => `lambda/${name}.ts`);

/** Every source file of the project but its tests. Folders that begin with a dot are left out. */
const files = globSync('**/*.{ts,js,css,py}', {
  cwd: root,
  exclude: ['**/node_modules', '**/dist', 'test', 'cdk.out'],
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

test('the top folders import each other only downwards, and lib and cli not at all', () => {
  const top = (room: string) => room.split('/')[0] ?? '';
  const others = Object.entries(arrows).flatMap(([room, allowed]) =>
    allowed.map((other) => [top(room), top(other)] as const).filter(([from, to]) => from !== to && to !== 'test'),
  );
  const isUpwards = (from: string, to: string) => floors.indexOf(from) >= floors.indexOf(to);
  expect(others.filter(([from, to]) => isUpwards(from, to) || `${from} ${to}` === 'cli lib')).toEqual([]);
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
