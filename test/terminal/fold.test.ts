import { expect, test } from '@jest/globals';
import { fold } from '../../terminal/fold.ts';

test('lines that are too long go on below their beginning', () => {
  expect(fold('✓ Keyring: 1 of 1 keys can verify\n    It is well and stays so.\nshort', 20)).toBe(
    ['✓ Keyring: 1 of 1', '  keys can verify', '    It is well and', '    stays so.', 'short'].join('\n'),
  );
});

test('a word is never cut, and a command stays on one line, which is its own', () => {
  expect(fold('See https://example.com/a/long/path of it', 20)).toBe(
    ['See', 'https://example.com/a/long/path', 'of it'].join('\n'),
  );
  expect(fold('    What to do: npx mmw keys list --stack s', 20)).toBe(
    ['    What to do:', '      npx mmw keys list --stack s'].join('\n'),
  );
  expect(fold("export QUEUE_URL='https://queue one two'", 20)).toBe("export QUEUE_URL='https://queue one two'");
});
