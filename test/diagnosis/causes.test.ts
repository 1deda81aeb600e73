import { expect, test } from '@jest/globals';
import { causes } from '../../diagnosis/causes.ts';

test('each cause has a meaning of its own, and says what to do', () => {
  const all = Object.values(causes);
  expect(new Set(all.map(([meaning]) => meaning)).size).toBe(all.length);
  for (const texts of all) {
    expect(texts).toHaveLength(2);
    for (const text of texts) expect(text).toMatch(/^[A-Zm].* .*\.$/);
  }
});
