import { describe, expect, test } from '@jest/globals';
import { retireKeys, retryTailMilliseconds } from '../../../lambda/keys/rotation.ts';
import { ProviderError } from '../../../lambda/messagemedia/error.ts';
import { entry, KeyModel } from './key-model.ts';

const minute = 60_000;
/** `old` was retired just now, or so many seconds ago, and `new` is enabled. */
function retiredFor(seconds = 0): KeyModel {
  const model = new KeyModel([entry('old'), entry('new')], 'new');
  model.entries[0] = entry('old', { retired_at: model.at(-seconds) });
  return model;
}
const isDeleted = (model: KeyModel, keyId = 'old') =>
  model.entries.some(({ key_id, deleted_at }) => key_id === keyId && deleted_at !== undefined);

test('a retired key is deleted after the time to go back, with a look every minute', async () => {
  const model = retiredFor();
  await retireKeys(model.dependencies);
  expect(model.pauses).toEqual(Array.from({ length: 11 }, (_, index) => [minute, (11 - index) * minute]));
  expect(model.calls).toEqual(['delete old']);
  expect(model.entries).toEqual([entry('old', { retired_at: model.at(-660), deleted_at: model.at(0) }), entry('new')]);
  expect(model.told).toEqual([
    'waiting 660 s with key old still at MessageMedia, so that you can go back to it',
    'key old is deleted at MessageMedia; its public key stays in the keyring',
  ]);
  expect(retryTailMilliseconds).toBe(11 * minute);
});

test('it waits only what is left, and not at all after that time', async () => {
  const model = retiredFor(570);
  await retireKeys(model.dependencies);
  expect(model.pauses).toEqual([
    [minute, 90_000],
    [30_000, 30_000],
  ]);
  const late = retiredFor(660);
  await retireKeys(late.dependencies);
  expect(late.pauses).toEqual([]);
  expect(late.calls).toEqual(['delete old']);
  expect(late.told).toEqual(['key old is deleted at MessageMedia; its public key stays in the keyring']);
});

test('several are deleted, each read again after the wait for the one before', async () => {
  const model = new KeyModel([entry('a'), entry('b'), entry('c'), entry('d'), entry('new')], 'new');
  const retired = { retired_at: model.at(-60) };
  model.entries = ['a', 'b', 'c', 'd'].map((id) => entry(id, retired)).concat(entry('new'));
  model.before('pause', () => {
    model.entries = [entry('a', retired), entry('b'), entry('d', { retired_at: model.at(-1000) }), entry('new')];
  });
  await retireKeys(model.dependencies);
  expect(model.calls).toEqual(['delete a', 'delete d']);
});

test('keys that are not retired, or deleted already, stay as they are', async () => {
  const model = new KeyModel([entry('x'), entry('gone', { retired_at: '2026', deleted_at: '2026' })], 'x');
  thenRead(model, () => {
    throw new Error('the keyring was read for nothing');
  });
  await retireKeys(model.dependencies);
  expect(model.calls).toEqual([]);
  expect(model.told).toEqual([]);
});

describe('somebody enables it again', () => {
  const enable = (model: KeyModel) => {
    model.enabled = 'old';
  };
  test.each<[string, number, number, (model: KeyModel) => void]>([
    ['before the wait', 0, 0, enable],
    ['within it', 0, 1, (model) => model.before('pause', () => enable(model))],
    ['after it', 660, 0, enable],
    [
      'between the last look and the deletion',
      660,
      0,
      (model) => model.before('enabled', () => model.before('enabled', () => enable(model))),
    ],
  ])('%s', async (_when, retired, pauses, deed) => {
    const model = retiredFor(retired);
    deed(model);
    await retireKeys(model.dependencies);
    expect(model.calls).toEqual([]);
    expect(model.entries).toEqual([entry('old'), entry('new')]);
    expect(model.told.filter((text) => !text.startsWith('waiting'))).toEqual(['key old is enabled again: it stays']);
    expect(model.pauses).toHaveLength(pauses);
  });

  test.each([
    ['where it has no end any more', [entry('old'), entry('new')]],
    ['which has it no longer', [entry('new')]],
  ])('in the keyring alone, %s', async (_what, entries) => {
    const model = retiredFor();
    model.before('pause', () => {
      model.entries = entries;
    });
    await retireKeys(model.dependencies);
    expect(model.calls).toEqual([]);
    expect(model.pauses).toHaveLength(1);
  });

  test('and it signs and is retired anew: the whole wait begins anew', async () => {
    const model = retiredFor(600);
    model.before('pause', () => {
      model.entries = [entry('old', { retired_at: model.at(0) }), entry('new')];
    });
    await retireKeys(model.dependencies);
    expect(model.pauses).toHaveLength(12);
    expect(model.told).toEqual([
      expect.stringMatching(/^waiting 60 s/),
      expect.stringMatching(/^waiting 660 s/),
      expect.stringMatching(/^key old is deleted/),
    ]);
  });
});

test('a retired key stays while no key is enabled, as nothing else could sign', async () => {
  const model = retiredFor(630);
  model.enabled = undefined;
  await retireKeys(model.dependencies);
  expect(model.pauses).toHaveLength(1);
  expect(isDeleted(model)).toBe(false);
  expect(model.told.slice(1)).toEqual([
    'no key is enabled at MessageMedia: key old stays, so that it can be enabled again',
  ]);
});

test('a failed deletion is no sign that somebody enabled it', async () => {
  const model = retiredFor(660);
  const failure = new ProviderError('server_error', 'broken');
  model.before('delete', () => {
    throw failure;
  });
  await expect(retireKeys(model.dependencies)).rejects.toBe(failure);
  expect(isDeleted(model)).toBe(false);
});

/** What happens before the keyring is read for the second time. */
function thenRead(model: KeyModel, deed: () => void): void {
  model.before('read', () => model.before('read', deed));
}

test('the first is not read again, because the keyring may show what was before', async () => {
  const model = retiredFor(660);
  thenRead(model, () => {
    model.entries = [entry('old'), entry('new')];
  });
  await retireKeys(model.dependencies);
  expect(model.calls).toEqual(['delete old']);
});

describe('the keyring shows late that a key was enabled', () => {
  const lagging = () => {
    const model = retiredFor(660);
    const after = model.entries;
    model.entries = [entry('old'), entry('new', { pending_since: model.at(-100) })];
    return { model, after };
  };

  test('it is read again', async () => {
    const { model, after } = lagging();
    model.before('pause', () => {
      model.entries = after;
    });
    await retireKeys(model.dependencies, 'NEW');
    expect(model.pauses).toEqual([[500, undefined]]);
    expect(model.calls).toEqual(['delete old']);
  });

  test('but only for a moment', async () => {
    const { model } = lagging();
    await retireKeys(model.dependencies, 'new');
    expect(model.pauses.map(([milliseconds]) => milliseconds)).toEqual([500, 1_000, 2_000]);
    expect(model.calls).toEqual([]);
  });

  test('another key that waits, or no key, is not waited for', async () => {
    const { model } = lagging();
    await retireKeys(model.dependencies, 'old');
    await retireKeys(model.dependencies);
    expect(model.pauses).toEqual([]);
  });
});
