import { expect, test } from '@jest/globals';

test('no test ends the thread that it shares with others', () => {
  expect(() => process.exit(0)).toThrow('A test called process.exit(0).');
});

test('what a test starts does not inherit the colours of the terminal', () => {
  expect(process.env).not.toHaveProperty('FORCE_COLOR');
});
