import { describe, expect, test } from '@jest/globals';
import { enablePending, propagationMilliseconds, verifies } from '../../../lambda/keys/rotation.ts';
import { entry, KeyModel } from './key-model.ts';

/** `old` is enabled, and `new` waits for so many seconds already. */
function waitingFor(seconds = 0): KeyModel {
  const model = new KeyModel([entry('old'), entry('new')], 'old');
  model.entries[1] = entry('new', { pending_since: model.at(-seconds), replaces: 'old' });
  return model;
}

test('a key that waits is enabled when every function can have it', async () => {
  const model = waitingFor();
  expect(await enablePending(model.dependencies, {})).toBe('enabled');
  expect(model.pauses).toEqual([[propagationMilliseconds, undefined]]);
  expect(propagationMilliseconds).toBe(330_000);
  expect(model.told).toEqual(['waiting 330 s until every function has read key new', 'key new is enabled']);
  expect(model.entries).toEqual([entry('old', { retired_at: model.at(0) }), entry('new', { enabled_at: model.at(0) })]);
});

test('it waits what is left, and not at all when it must not', async () => {
  const model = waitingFor(300);
  await enablePending(model.dependencies, { keyId: 'new' });
  expect(model.pauses).toEqual([[30_000, undefined]]);
  const late = waitingFor(330);
  await enablePending(late.dependencies, {});
  const atOnce = waitingFor();
  expect(await enablePending(atOnce.dependencies, { atOnce: true })).toBe('enabled');
  for (const { pauses, told } of [late, atOnce]) {
    expect(pauses).toEqual([]);
    expect(told).toEqual(['key new is enabled']);
  }
});

test('nothing is done where no key waits', async () => {
  const model = new KeyModel([entry('old')], 'old');
  expect(await enablePending(model.dependencies, {})).toBe('nothing');
  expect(model.told).toEqual(['no new key waits to be enabled']);
  expect(model.calls).toEqual([]);
});

describe('nothing is lost by enabling it at once', () => {
  test('while no key is enabled', async () => {
    const model = waitingFor();
    model.enabled = undefined;
    await enablePending(model.dependencies, {});
    expect(model.pauses).toEqual([]);
    expect(model.told[0]).toBe(
      'no key is enabled at MessageMedia: webhooks arrive unsigned, and are refused. Key new is enabled at once',
    );
  });

  test('while a key is enabled that the keyring does not have', async () => {
    const model = waitingFor();
    model.ids.add('unknown');
    model.enabled = 'unknown';
    await enablePending(model.dependencies, {});
    expect(model.pauses).toEqual([]);
    expect(model.told[0]).toBe(
      'webhooks are signed with key unknown, which the keyring does not have, and are refused. Key new is enabled at once',
    );
  });

  test('or it is enabled already, and only the keyring does not say so: the one before it is retired', async () => {
    const model = waitingFor();
    model.enabled = 'new';
    expect(await enablePending(model.dependencies, {})).toBe('enabled');
    expect(model.pauses).toEqual([]);
    expect(model.told).toEqual(['key new is enabled']);
    expect(model.entries[0]).toEqual(entry('old', { retired_at: model.at(0) }));
  });
});

describe('the keyring shows the key', () => {
  test('late', async () => {
    const model = waitingFor(400);
    const added = model.entries.splice(1);
    model.before('pause', () => {
      model.entries.push(...added);
    });
    expect(await enablePending(model.dependencies, { keyId: 'new' })).toBe('enabled');
    expect(model.pauses).toEqual([[500, undefined]]);
  });

  test('never: it is not enabled', async () => {
    const model = waitingFor();
    await expect(enablePending(model.dependencies, { keyId: 'lost' })).rejects.toThrow(
      'Key lost was written to the keyring but is not in it, so it was not enabled. If the keyring was set back to ' +
        'an earlier value, run this again: it creates another key',
    );
    expect(model.pauses).toHaveLength(7);
    expect(model.calls).toEqual([]);
  });
});

describe('somebody chooses another key', () => {
  const abandoned = 'key new is abandoned: meanwhile another was chosen, or it was deleted';

  test('while it waits', async () => {
    const model = waitingFor();
    model.before('pause', () => {
      model.entries[1] = entry('new');
    });
    expect(await enablePending(model.dependencies, {})).toBe('abandoned');
    expect(model.told.at(-1)).toBe(abandoned);
    expect(model.calls).toEqual([]);
  });

  test('and the keyring does not have it any more', async () => {
    const model = waitingFor();
    model.before('pause', () => {
      model.entries.pop();
      model.enabled = undefined;
    });
    expect(await enablePending(model.dependencies, {})).toBe('abandoned');
  });

  test('in the moment in which it is enabled', async () => {
    const model = waitingFor(400);
    model.before('enable', () => {
      model.entries[1] = entry('new');
    });
    expect(await enablePending(model.dependencies, {})).toBe('abandoned');
    expect(model.enabled).toBe('old');
  });

  test('or enables this one first: it is done', async () => {
    const model = waitingFor();
    model.before('pause', () => {
      model.entries[1] = entry('new', { enabled_at: model.at(0) });
      model.enabled = 'new';
    });
    expect(await enablePending(model.dependencies, {})).toBe('enabled');
    expect(model.calls).toEqual([]);
  });
});

test('whether a receiver accepts what a key signs now', () => {
  const now = Date.parse('2026-11-24T09:00:00Z');
  const entries = [entry('key'), entry('other'), entry('retired', { retired_at: '2026-11-23T09:00:00Z' })];
  expect(verifies(entries, 'key', now)).toBe(true);
  expect(verifies(entries, 'retired', now)).toBe(false);
  expect(verifies(entries, 'unknown', now)).toBe(false);
  expect(verifies([...entries, entry('')], 'unknown', now)).toBe(true);
});
