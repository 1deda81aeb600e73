import { describe, expect, test } from '@jest/globals';
import { exists, expectKey, isNotFound, readAll } from '../../../lambda/keys/key-changes.ts';
import { ProviderError } from '../../../lambda/messagemedia/error.ts';
import { entry, KeyModel } from './key-model.ts';

describe('a key that must be in the keyring', () => {
  test('is there, in whatever case', async () => {
    const model = new KeyModel([entry('other'), entry('key')]);
    await expectKey(model.dependencies, 'KEY');
    expect(model.pauses).toEqual([]);
  });

  test('is there a moment later', async () => {
    const model = new KeyModel([]);
    model.before('pause', () => {
      model.entries = [entry('key')];
    });
    await expectKey(model.dependencies, 'key');
    expect(model.pauses).toEqual([[500, undefined]]);
  });

  test('is not there, after as many looks as are allowed', async () => {
    const model = new KeyModel([entry('other')]);
    await expect(expectKey(model.dependencies, 'key', [7])).rejects.toThrow(
      'The keyring has no public key key: if it were enabled, every webhook would be refused. MessageMedia shows a ' +
        'public key only when it is created: create another key, or add this one with "mmw keys import"',
    );
    expect(model.pauses).toEqual([[7, undefined]]);
  });

  test('is there, but no receiver could read it', async () => {
    const model = new KeyModel([entry('other'), entry('key', { public_key: 'AAAA' })]);
    await expect(expectKey(model.dependencies, 'key')).rejects.toThrow('The keyring has no public key key');
    expect(model.pauses).toEqual([]);
  });

  test('was deleted', async () => {
    const model = new KeyModel([entry('key', { deleted_at: '2026-11-24' })]);
    await expect(expectKey(model.dependencies, 'key')).rejects.toThrow(
      'Key key was deleted at MessageMedia (2026-11-24): it can never sign again. Create another key',
    );
  });
});

test('a keyring that was never written has no entries', async () => {
  const { keyring } = new KeyModel([entry('key')]).dependencies;
  expect(await readAll(keyring)).toHaveLength(1);
  expect(await readAll({ ...keyring, read: async () => undefined })).toEqual([]);
});

test('whether MessageMedia has a key: only its own answer says no', async () => {
  const { provider } = new KeyModel([entry('key')]).dependencies;
  expect(await exists(provider, 'key')).toBe(true);
  expect(await exists(provider, 'other')).toBe(false);
  const failure = new ProviderError('timeout', 'late');
  const slow = { getSignatureKey: () => Promise.reject(failure) };
  await expect(exists(slow, 'key')).rejects.toBe(failure);
  expect(isNotFound(Object.assign(new Error('no'), { code: 'not_found' }))).toBe(false);
});
