import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { accepted, follow, type Vector } from './jdk.ts';

const vectors: Vector[] = JSON.parse(readFileSync(new URL('../vectors/jdk.json', import.meta.url), 'utf8'));

describe('what a Java program signed', () => {
  test.each(vectors)('with $date is accepted, read and explained', async (vector) => {
    expect(await follow(vector)).toEqual(accepted(vector));
  });

  test.each(vectors.filter(({ date }) => date.length === 28))(
    'with $date is refused with two digits',
    async (vector) => {
      const found = await follow(vector, vector.date.replace(', ', ', 0'));
      expect(found).toMatchObject({ statusCode: 401, outcomes: [{ reason: 'invalid_signature' }], read: [] });
      expect(found.causes).toEqual(['date_reformatted']);
    },
  );
});
