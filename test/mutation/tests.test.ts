import { existsSync, globSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { named, testsOf } from './tests.ts';

test.each(Object.entries(named))('%s is there, and so are its tests', (file, tests) => {
  expect([file, ...tests].filter((path) => !existsSync(path))).toEqual([]);
});

test('every file of lambda/ and diagnosis/ has tests', () => {
  const sources = globSync('{diagnosis,lambda}/**/*.ts');
  expect(sources).not.toHaveLength(0);
  expect(sources.filter((file) => globSync(testsOf(file)).length === 0)).toEqual([]);
});
