import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const bench = fileURLToPath(new URL('../../bench/archive.ts', import.meta.url));

test('a day of events is archived and verified, each half with its key, in memory that does not grow', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', bench, '--count', '6001'], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/│ events archived +│ 6001 /);
  expect(stdout).toMatch(/│ objects +│ 288 /);
  expect(stdout).toMatch(/│ good with the key of 1024 bits, and of 2048 │ 3000, 3001 /);
  expect(stdout).toMatch(/│ bad +│ 0 /);
}, 120_000);
