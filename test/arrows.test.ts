import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The folders from which the files of a folder may import, besides their own. A new one needs a decision. */
const arrows: Record<string, readonly string[]> = {
  // Entries of Lambda, and the files that all folders share.
  lambda: ['lambda/receiver', 'lambda/reconcile', 'lambda/event', 'lambda/keys', 'lambda/provider'],
  'lambda/receiver': ['lambda', 'lambda/event', 'lambda/keys'],
  'lambda/reconcile': ['lambda', 'lambda/event', 'lambda/provider'],
  'lambda/diagnosis': ['lambda', 'lambda/keys'],
  'lambda/event': ['lambda', 'lambda/keys'],
  'lambda/keys': ['lambda', 'lambda/provider'],
  'lambda/provider': ['lambda'],
  lib: ['lambda', 'lib/front-door', 'lib/monitoring', 'lib/settings'],
  'lib/front-door': ['lambda'],
  'lib/monitoring': ['lambda', 'lib'],
  'lib/settings': ['lambda', 'lib/front-door'],
};

const allRooms = [
  ...Object.keys(arrows),
  ...['bin', 'bin/commands', 'bin/captures', 'bin/checkup', 'bin/queue'],
  ...['sandbox', 'sandbox/aws', 'sandbox/inspector', 'sandbox/provider', 'examples'],
];

/** Files directly in `lambda/` that every folder may import, because they import no folder. The others there are entries. */
const shared = ['contract', 'describe-error', 'environment', 'guards', 'json', 'log', 'media-type', 'signature'].map(
  (name) => `lambda/${name}.ts`,
);

function filesIn(room: string): string[] {
  return readdirSync(join(root, room))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${room}/${name}`);
}

function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  return [...source.matchAll(/from '(\.[^']+)'/g)].map(([, path = '']) => normalize(join(dirname(file), path)));
}

test.each(Object.entries(arrows))('%s imports from nowhere but %j', (room, allowed) => {
  const strangers = filesIn(room).flatMap((file) =>
    importsOf(file)
      .filter((target) => dirname(target) !== room && !allowed.includes(dirname(target)))
      .map((target) => `${file} -> ${target}`),
  );
  expect(strangers).toEqual([]);
});

test('no room imports an entry, and what all share imports no room', () => {
  const upwards = Object.keys(arrows)
    .filter((room) => room.startsWith('lambda/'))
    .flatMap(filesIn)
    .flatMap((file) => importsOf(file).map((target) => ({ file, target })))
    .filter(({ target }) => dirname(target) === 'lambda' && !shared.includes(target));
  expect(upwards).toEqual([]);
  expect(shared.flatMap(importsOf).filter((target) => !shared.includes(target))).toEqual([]);
});

test('no files import each other in a circle', () => {
  const imports = new Map(allRooms.flatMap(filesIn).map((file) => [file, importsOf(file)]));
  /** Files that only import files already known to be in no cycle. */
  const clear = new Set<string>();
  const left = () => [...imports.keys()].filter((file) => !clear.has(file));
  for (let before = -1; before !== clear.size; ) {
    before = clear.size;
    for (const file of left()) {
      if (imports.get(file)?.every((target) => clear.has(target) || !imports.has(target))) clear.add(file);
    }
  }
  // The remaining files are in a cycle, or import one.
  expect(left()).toEqual([]);
});

test('every file fits in the head: 200 lines', () => {
  const long = [...allRooms, 'docs']
    .flatMap(filesIn)
    .filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 201);
  expect(long).toEqual([]);
});
