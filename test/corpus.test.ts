import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keep, readCorpus } from './corpus.ts';

let folder: string;
let corpus: URL;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corpus-'));
  mkdirSync(join(folder, 'readers'));
  corpus = pathToFileURL(`${folder}/`);
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what is kept is read again as it was, from a file that no checkout changes', () => {
  const input = { about: 'half a pair', message: '\ud83d\r\n\u2028\0' };
  const path = keep('readers', input, corpus);
  expect(readFileSync(path, 'latin1')).toMatch(/^[\n\x20-\x7e]+$/);
  expect(readCorpus('readers', corpus)).toEqual([[basename(path), input]]);
});

test('the same input found again is the same file', () => {
  const paths = ['once', 'again'].map((about) => keep('readers', { about, message: 'x' }, corpus));
  expect(new Set(paths).size).toBe(1);
});

test('what is long by repetition is written short', () => {
  writeFileSync(join(folder, 'readers', 'long.json'), '{"message":{"$text":["a",["bc",3],"d"]}}');
  expect(readCorpus('readers', corpus)).toEqual([['long.json', { message: 'abcbcbcd' }]]);
});
