import { expect, test } from '@jest/globals';
import { advice, ProviderError } from '../../../lambda/messagemedia/error.ts';

test('an error has the facts that there are, and no others', () => {
  const cause = new Error('why');
  const facts = { status: 404, vendorMessage: 'no', details: ['/a'], cause };
  const error = new ProviderError('not_found', 'gone', facts);
  expect(error).toMatchObject({ name: 'ProviderError', code: 'not_found', message: 'gone', ...facts });
  const bare = new ProviderError('timeout', 'late');
  expect(bare).toMatchObject({ status: undefined, vendorMessage: undefined, details: [] });
  expect(bare).not.toHaveProperty('cause');
});

test('there is something else to do about each failure', () => {
  const texts = Object.values(advice);
  expect(texts).toHaveLength(14);
  expect(new Set(texts).size).toBe(14);
  for (const text of texts) expect(text).toMatch(/^[a-z].* .*[^.]$/i);
});
