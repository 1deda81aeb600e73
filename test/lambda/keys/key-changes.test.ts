import { describe, expect, test } from '@jest/globals';
import {
  deleteKey,
  disableKey,
  enableKey,
  exists,
  expectKey,
  isNotFound,
  KeyInUseError,
} from '../../../lambda/keys/key-changes.ts';
import { ProviderError } from '../../../lambda/messagemedia/error.ts';
import { entry, KeyModel } from './key-model.ts';

describe('enabling a key', () => {
  test('takes its end away before the key signs', async () => {
    const model = new KeyModel([entry('old'), entry('new', { retired_at: '2026' })], 'old');
    let before: unknown;
    model.before('enable', () => {
      before = structuredClone(model.entries[1]);
    });
    await enableKey(model.dependencies, 'new');
    expect(before).toEqual(entry('new'));
  });

  test('leaves the key that somebody else enabled meanwhile without an end', async () => {
    const model = new KeyModel([entry('old'), entry('new')], 'old');
    model.before('enable', () => {
      model.before('enabled', () => {
        model.enabled = 'old';
      });
    });
    await enableKey(model.dependencies, 'new');
    expect(model.entries).toEqual([entry('old'), entry('new', { enabled_at: model.at(0) })]);
  });

  describe('only while it waits', () => {
    const waiting = () => {
      const model = new KeyModel([entry('first'), entry('old'), entry('new'), entry('gone')], 'old');
      model.entries = [
        entry('first', { enabled_at: '2026-11-01T00:00:00Z' }),
        entry('never'),
        entry('old', { enabled_at: '2026-11-02T00:00:00Z' }),
        entry('new', { pending_since: model.at(-100) }),
        entry('gone', { enabled_at: '2026-11-03T00:00:00Z', deleted_at: '2026-11-04T00:00:00Z' }),
        { ...entry(''), enabled_at: '2026-11-05T00:00:00Z' },
      ];
      return model;
    };

    test('is taken back if somebody chose another key: the one that was enabled last signs', async () => {
      const model = waiting();
      model.before('enable', () => {
        model.entries[3] = entry('new');
      });
      expect(await enableKey(model.dependencies, 'new', { onlyPending: true })).toBe(false);
      expect(model.calls).toEqual(['enable new', 'enable old']);
      expect(model.entries[3]).toEqual(entry('new'));
      expect(model.entries[2]).not.toHaveProperty('retired_at');
    });

    test('is not taken back if it was enabled or deleted by somebody else, or need not wait', async () => {
      for (const [more, options] of [
        [{ enabled_at: '2026' }, { onlyPending: true }],
        [{ deleted_at: '2026' }, { onlyPending: true }],
        [{}, {}],
      ] as const) {
        const model = waiting();
        model.before('enable', () => {
          model.entries[3] = entry('new', more);
        });
        expect(await enableKey(model.dependencies, 'new', options)).toBe(true);
        expect(model.calls).toEqual(['enable new']);
      }
    });
  });

  test('says so if somebody else deletes it meanwhile: another key signs', async () => {
    const model = new KeyModel([entry('old'), entry('new')], 'old');
    model.before('enable', () => {
      model.before('enabled', () => {
        model.ids.delete('new');
        model.enabled = undefined;
      });
    });
    await expect(enableKey(model.dependencies, 'new')).rejects.toThrow(
      'Somebody else deleted key new meanwhile: key old is enabled',
    );
    expect(model.calls).toEqual(['enable new', 'enable old']);
  });

  test('is left at that if somebody else disables it meanwhile', async () => {
    const model = new KeyModel([entry('old'), entry('new')], 'old');
    model.before('enable', () => {
      model.before('enabled', () => {
        model.enabled = undefined;
      });
    });
    expect(await enableKey(model.dependencies, 'new')).toBe(true);
    expect(model.calls).toEqual(['enable new']);
  });
});

test('disabling a key retires it, where there is a keyring', async () => {
  const model = new KeyModel([entry('key'), entry('other')], 'key');
  const { provider, now } = model.dependencies;
  await disableKey({ provider, now, keyring: undefined }, 'key');
  expect(model.entries[0]).toEqual(entry('key'));
  await disableKey(model.dependencies, 'key');
  expect(model.calls).toEqual(['disable', 'disable']);
  expect(model.entries).toEqual([entry('key', { retired_at: model.at(0) }), entry('other')]);
});

describe('deleting a key', () => {
  const start = (enabled?: string) => new KeyModel([entry('key'), entry('other')], enabled);
  const deleted = (model: KeyModel) => entry('key', { retired_at: model.at(0), deleted_at: model.at(0) });

  test('keeps its public key', async () => {
    const model = start('other');
    await deleteKey(model.dependencies, 'key');
    expect(model.calls).toEqual(['delete key']);
    expect(model.entries).toEqual([deleted(model), entry('other')]);
    expect(model.told).toEqual([]);
  });

  test('that is enabled is refused, unless it is meant', async () => {
    const model = start('key');
    const error = await deleteKey(model.dependencies, 'KEY').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KeyInUseError);
    expect(error).toMatchObject({
      name: 'KeyInUseError',
      message: 'Key KEY is enabled, and webhooks are signed with it: enable another key first. Nothing was done.',
    });
    expect(model.calls).toEqual([]);
    await deleteKey(model.dependencies, 'key', { evenEnabled: true });
    expect(model.calls).toEqual(['delete key']);
    expect(model.entries[0]).toEqual(deleted(model));
  });

  test('that is gone already is recorded, and no other failure is', async () => {
    const model = start('other');
    model.ids.delete('key');
    await deleteKey(model.dependencies, 'key');
    expect(model.entries[0]).toEqual(deleted(model));
    const failing = start('other');
    failing.before('delete', () => {
      throw new ProviderError('server_error', 'broken');
    });
    await expect(deleteKey(failing.dependencies, 'key')).rejects.toThrow('broken');
    expect(failing.entries[0]).toEqual(entry('key'));
  });

  test('enables no other where none was enabled before', async () => {
    const model = start();
    await deleteKey(model.dependencies, 'key');
    expect(model.calls).toEqual(['delete key']);
  });

  describe('that somebody else enables meanwhile', () => {
    const race = (model: KeyModel) =>
      model.before('delete', () => {
        model.enabled = 'key';
      });

    test('enables the last one that MessageMedia still has', async () => {
      const model = new KeyModel(
        [
          entry('older', { enabled_at: '2026-11-01T00:00:00Z' }),
          entry('other', { enabled_at: '2026-11-03T00:00:00Z' }),
          entry('key', { enabled_at: '2026-11-05T00:00:00Z' }),
          entry('lost', { enabled_at: '2026-11-04T00:00:00Z' }),
          entry('again', { enabled_at: '2026-11-02T00:00:00Z', retired_at: '2026-11-03T00:00:00Z' }),
        ],
        'other',
      );
      race(model);
      model.ids.delete('lost');
      await deleteKey(model.dependencies, 'key');
      expect(model.calls).toEqual(['delete key', 'enable other']);
      expect(model.entries[1]).toEqual(entry('other', { enabled_at: model.at(0) }));
      expect(model.told).toEqual(['somebody else enabled key key while it was deleted: key other is enabled again']);
    });

    test('does not enable the key that is lost, though the keyring shows its deletion late', async () => {
      const model = start('other');
      race(model);
      model.before('read', () => {
        model.entries = [entry('key', { enabled_at: '2026-11-24T00:00:00Z' }), entry('other')];
        model.ids.add('key');
      });
      await deleteKey(model.dependencies, 'key');
      expect(model.enabled).toBe('other');
    });

    test('says so if there is no other', async () => {
      const model = new KeyModel([entry('key')], 'other');
      model.ids.add('other');
      race(model);
      await expect(deleteKey(model.dependencies, 'key')).rejects.toThrow(
        'Somebody else enabled key key while it was deleted, and the keyring has no other key: webhooks ' +
          'arrive unsigned. Create and enable a key with "mmw keys create --enable"',
      );
    });
  });
});

describe('a key that must be in the keyring', () => {
  test('is there in whatever case, or a moment later', async () => {
    const model = new KeyModel([entry('other'), entry('key')]);
    await expectKey(model.dependencies, 'KEY');
    expect(model.pauses).toEqual([]);
    model.entries = [];
    model.before('pause', () => {
      model.entries = [entry('key')];
    });
    await expectKey(model.dependencies, 'key');
    expect(model.pauses).toEqual([[500, undefined]]);
  });

  const missing =
    'The keyring has no public key key: if it were enabled, every webhook would be refused. MessageMedia shows a ' +
    'public key only when it is created: create another key, or add this one with "mmw keys import"';
  const deleted = 'Key key was deleted at MessageMedia (2026-11-24): it can never sign again. Create another key';
  test.each([
    ['is not there, after as many looks as are allowed', 'other', {}, missing, [[7, undefined]]],
    ['is one that no receiver could read', 'key', { public_key: 'AAAA' }, missing, []],
    ['was deleted', 'key', { deleted_at: '2026-11-24' }, deleted, []],
  ])('%s', async (_what, id, more, problem, pauses) => {
    const model = new KeyModel([entry('another'), entry(id, more)]);
    await expect(expectKey(model.dependencies, 'key', [7])).rejects.toThrow(problem);
    expect(model.pauses).toEqual(pauses);
  });
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
