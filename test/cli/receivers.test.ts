import { expect, test } from '@jest/globals';
import { outputsOfReceiver, stackNameOf } from '../../cli/receivers.ts';

const ofStack = (...prefixes: string[]) =>
  new Map(
    prefixes.flatMap((prefix) => [
      [`${prefix}CallbackUrl`, `https://${prefix}.example.com`] as const,
      [`${prefix}KeyringSecretArn`, prefix] as const,
    ]),
  );
/** Outputs of somebody else in the same stack. */
const others = [
  ['SingleSignOnCallbackUrl', 'https://sso.example.com'],
  ['SiteUrl', 'https://example.com'],
] as const;
const keyringOf = (stack: string, ...prefixes: string[]) =>
  outputsOfReceiver(stack, new Map([...others, ...ofStack(...prefixes)])).get('KeyringSecretArn');

test.each([
  ['Shop', ['Marketing'], 'Marketing'],
  ['Shop', [''], ''],
  ['Shop', ['', 'Marketing'], ''],
  ['Shop --receiver Support', ['Marketing', 'Support'], 'Support'],
  ['Shop --receiver Nested/Support-2', ['Marketing', 'NestedSupport2'], 'NestedSupport2'],
  ['Shop --receiver NestedSupport2', ['NestedSupport2'], 'NestedSupport2'],
])('%s, which has %j, means %j', (stack, prefixes, expected) => {
  expect(keyringOf(stack, ...prefixes)).toBe(expected);
});

test.each([
  [
    'Shop',
    ['Marketing', 'Support'],
    'Stack Shop has several receivers: add --receiver Marketing or --receiver Support.',
  ],
  ['Shop --receiver Sales', ['Marketing'], 'Stack Shop has no receiver Sales: add --receiver Marketing.'],
  ['Shop --receiver Sales', [''], 'Stack Shop has no receiver Sales: leave --receiver out.'],
])('%s, which has %j, is refused', (stack, prefixes, words) => {
  expect(() => keyringOf(stack, ...prefixes)).toThrow(words);
});

test('what belongs to others is left out, and a stack without a receiver has nothing', () => {
  expect([...outputsOfReceiver('Shop', new Map([...others, ...ofStack('Marketing')])).keys()]).toEqual([
    'CallbackUrl',
    'KeyringSecretArn',
  ]);
  expect(outputsOfReceiver('Shop', new Map(others)).size).toBe(0);
  expect(stackNameOf('Shop --receiver Marketing')).toBe('Shop');
  expect(stackNameOf('Shop')).toBe('Shop');
});
