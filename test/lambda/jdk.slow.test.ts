import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { accepted, follow, type Vector } from './jdk.ts';

/** What a program prints; `undefined` without Java, which is not needed to work on this project. */
function java(argument: string): string | undefined {
  try {
    return execFileSync('java', [argument], { encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const made = java(fileURLToPath(new URL('../vectors/JdkSignatures.java', import.meta.url)));

(made === undefined ? test.skip : test)(
  'what the JDK on this machine signs is accepted, read and explained',
  async () => {
    const vectors: Vector[] = JSON.parse(made ?? '');
    expect(vectors).toHaveLength(12);
    for (const vector of vectors) expect(await follow(vector)).toEqual(accepted(vector));
  },
);
