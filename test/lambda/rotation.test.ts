import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { enableKey } from '../../lambda/key-changes.ts';
import type { KeyringEntry } from '../../lambda/keyring-secret.ts';
import type { KeyringStore } from '../../lambda/keyring-store.ts';
import type { Provider } from '../../lambda/provider/provider.ts';
import { propagationMilliseconds, retryTailMilliseconds } from '../../lambda/rotation.ts';
import { World } from './rotation-world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.close());

const enabledId = () => world.provider.signingKey()?.id;
const keyring = async () => (await world.store.read()) ?? [];
/** Of the keys that can still sign; the public halves of the others are kept. */
const keyringIds = async () =>
  (await keyring()).filter(({ deleted_at }) => deleted_at === undefined).map(({ key_id }) => key_id);

/** A first key in use, with every verifier at its own moment of the five minutes. */
async function begin(): Promise<string> {
  const keyId = await world.rotation().create();
  await world.rotation().enable({ atOnce: true });
  await world.pass(10 * 60_000);
  world.failures.length = 0;
  return keyId;
}

test('a rotation replaces the key, and at every moment every verifier verifies everything that can arrive', async () => {
  const first = await begin();
  await world.rotation().run();
  const second = enabledId();
  expect(second).not.toBe(first);
  expect(world.failures).toEqual([]);
  expect(world.provider.signatureKeys().map(({ key_id }) => key_id)).toEqual([second]);
  const time = expect.any(String);
  const key = { public_key: time, cipher: 'RSA', digest: 'SHA256', created: time, enabled_at: time };
  expect(await keyring()).toEqual([
    { ...key, key_id: first, retired_at: time, deleted_at: time },
    { ...key, key_id: second },
  ]);
});

test('the checks of this test can fail: enabling at once breaks verifiers that hold older keys', async () => {
  await begin();
  await world.rotation().create();
  await world.rotation().enable({ atOnce: true });
  await world.check();
  expect(world.failures).not.toEqual([]);
});

test('the checks of this test can fail: so does deleting the old key at once', async () => {
  const first = await begin();
  await world.rotation().create();
  await world.rotation().enable();
  await world.store.update((entries) => entries.filter(({ key_id }) => key_id !== first));
  await world.pass(6 * 60_000);
  expect(world.failures).not.toEqual([]);
});

test('the new key is enabled only after it was in the keyring for as long as a verifier may cache', async () => {
  await begin();
  const before = world.time;
  await world.rotation().create();
  await world.rotation().enable();
  expect(world.time - before).toBe(propagationMilliseconds);
  await world.rotation().retire();
  expect(world.time - before).toBe(propagationMilliseconds + retryTailMilliseconds);
});

describe('killed', () => {
  type Call = (...parameters: unknown[]) => Promise<unknown>;

  /** Dies before or after its n-th call, and answers no call after that. */
  function mortal<T extends object>(target: T, life: { calls: number; last: number; before: boolean }): T {
    return new Proxy(target, {
      get: (object, name) => {
        const call = Reflect.get(object, name) as Call;
        return async (...parameters: unknown[]) => {
          const count = ++life.calls;
          if (count > life.last || (count === life.last && life.before)) throw new Error('killed');
          await world.check();
          const result = await call(...parameters);
          await world.check();
          if (count === life.last) throw new Error('killed');
          return result;
        };
      },
    });
  }

  test.each([
    ['before', true],
    ['after', false],
  ])('%s any call of any step, the next run goes on from there and nothing is ever refused', async (_when, before) => {
    let current = await begin();
    let calls = 0;
    for (let last = 1; ; last++) {
      const life = { calls: 0, last, before };
      const rotation = world.rotation({
        api: mortal<Provider>(world.api, life),
        store: mortal<KeyringStore>(world.store, life),
      });
      const died = await rotation.run().then(
        () => false,
        (error) => /killed/.test(String(error?.cause ?? error)),
      );
      if (!died) {
        calls = life.calls;
        break;
      }
      await world.pass(3 * 60_000);
      await world.rotation().run();
      const ids = await keyringIds();
      expect(ids).toEqual([enabledId()]);
      expect(enabledId()).not.toBe(current);
      expect(world.provider.signatureKeys().some(({ key_id }) => key_id === current)).toBe(false);
      current = enabledId() ?? '';
    }
    expect(calls).toBeGreaterThan(12);
    expect(world.failures).toEqual([]);
  });
});

test('a key that cannot be stored is deleted again, and the error says so', async () => {
  const first = await begin();
  const store = { ...world.store, update: () => Promise.reject(new Error('no access')) };
  await expect(world.rotation({ store }).create()).rejects.toThrow(/could not be written.*it is deleted again/);
  expect(world.provider.signatureKeys().map(({ key_id }) => key_id)).toEqual([first]);
});

test('a key that vanished at MessageMedia while it waited is replaced by another', async () => {
  await begin();
  const lost = await world.rotation().create();
  await world.api.deleteSignatureKey(lost);
  await world.rotation().run();
  expect(await keyringIds()).toEqual([enabledId()]);
  expect(world.failures).toEqual([]);
});

test('a key that vanished from the keyring is not enabled', async () => {
  const first = await begin();
  await world.rotation().create();
  const rotation = world.rotation({
    store: {
      ...world.store,
      read: async () => [...(await keyring())].map((entry) => ({ ...entry, public_key: 'broken' })),
    },
  });
  await expect(rotation.enable()).rejects.toThrow();
  expect(enabledId()).toBe(first);
});

test('a key that was pasted without an id gets the id of the enabled key, and is rotated like any other', async () => {
  const created = await world.api.createSignatureKey('SHA512');
  world.secrets.put('keyring', created.public_key);
  await world.api.enableSignatureKey(created.key_id);
  await world.rotation().create();
  expect((await keyring())[0]).toEqual({ public_key: created.public_key, key_id: created.key_id, digest: 'SHA512' });
  await world.rotation().run();
  expect(await keyringIds()).toEqual([enabledId()]);
});

test('keys that somebody put there by hand stay', async () => {
  await begin();
  const spare = await world.api.createSignatureKey('SHA512');
  const { enabled: _enabled, ...entry } = spare;
  await world.store.update((entries) => [...entries, { ...entry, note: 'spare' } as typeof entry]);
  await world.rotation().run();
  expect(await keyringIds()).toEqual([spare.key_id, enabledId()]);
  expect((await keyring()).find(({ key_id }) => key_id === spare.key_id)).toMatchObject({ note: 'spare' });
});

test('an old key that was enabled again meanwhile stays', async () => {
  const first = await begin();
  const rotation = world.rotation();
  await rotation.create();
  await rotation.enable();
  await world.api.enableSignatureKey(first);
  await rotation.retire();
  expect(enabledId()).toBe(first);
  expect(await keyringIds()).toContain(first);
  expect(world.failures).toEqual([]);
});

test.each([1_000, 3_000, 20_000])('a keyring that shows what was written %d ms later is waited for', async (lag) => {
  const first = await begin();
  const shown: { at: number; entries: KeyringEntry[] }[] = [{ at: world.time, entries: await keyring() }];
  const lagging: KeyringStore = {
    read: async () => shown.findLast(({ at }) => at <= world.time - lag || at === shown[0]?.at)?.entries,
    update: async (change, versionId) => {
      await world.store.update(change, versionId);
      shown.push({ at: world.time, entries: await keyring() });
    },
  };
  await world.rotation({ store: lagging }).run();
  expect(enabledId()).not.toBe(first);
  expect(world.failures).toEqual([]);
});

test('a keyring that never shows what was written is no success', async () => {
  const first = await begin();
  const old = await keyring();
  const deaf: KeyringStore = { read: async () => old, update: world.store.update };
  await expect(world.rotation({ store: deaf }).run()).rejects.toThrow('does not show key');
  expect(enabledId()).toBe(first);
});

describe('somebody else', () => {
  const enableByHand = (keyId: string) =>
    enableKey({ provider: world.api, keyring: world.store, now: () => world.time, pause: async () => {} }, keyId);

  test('went back to the old key long ago: it is retired anew, not by the old note', async () => {
    const first = await begin();
    const stopped = world.rotation();
    await stopped.create();
    await stopped.enable();
    await world.api.enableSignatureKey(first);
    await world.pass(60 * 60_000);
    const steps = world.rotation();
    await steps.create();
    await steps.enable();
    const before = world.time;
    await steps.retire();
    expect(world.time - before).toBeGreaterThanOrEqual(retryTailMilliseconds);
    expect(world.failures).toEqual([]);
  });

  test('goes back and forth while the old key waits to be deleted: it waits anew', async () => {
    const first = await begin();
    const rotation = world.rotation();
    const second = await rotation.create();
    await rotation.enable();
    const busy = world.rotation({
      during: async () => {
        await world.pass(9 * 60_000);
        await enableByHand(first);
        await world.pass(60_000);
        await enableByHand(second);
      },
    });
    await busy.retire();
    expect(world.failures).toEqual([]);
    expect(await keyringIds()).toEqual([second]);
  });

  test('enables the new key and goes back while it waits: the rotation leaves it at that', async () => {
    const first = await begin();
    const second = await world.rotation().create();
    const busy = world.rotation({
      during: async () => {
        await world.pass(6 * 60_000);
        await enableByHand(second);
        await enableByHand(first);
      },
    });
    await busy.enable();
    expect(enabledId()).toBe(first);
    expect(world.failures).toEqual([]);
  });

  test('enables another key while the new one waits: the rotation is abandoned by that', async () => {
    await begin();
    const pending = await world.rotation().create();
    const other = await world.api.createSignatureKey('SHA256');
    const { enabled: _enabled, ...entry } = other;
    await world.store.update((entries) => [...entries, entry]);
    await world.pass(6 * 60_000);
    await enableByHand(other.key_id);
    await world.rotation().enable();
    expect(enabledId()).toBe(other.key_id);
    expect((await keyring()).find(({ key_id }) => key_id === pending)).not.toHaveProperty('pending_since');
    expect(world.failures).toEqual([]);
  });

  test('goes back to the old key during the first wait: it stays enabled', async () => {
    const first = await begin();
    await world.rotation({ during: () => enableByHand(first) }).run();
    expect(enabledId()).toBe(first);
    expect(world.failures).toEqual([]);
  });

  test('abandons the key that waits, by name', async () => {
    const first = await begin();
    const pending = await world.rotation().create();
    expect(await world.rotation().abandon()).toBe(pending);
    expect(await keyringIds()).toEqual([first]);
    expect(world.provider.signatureKeys().map(({ key_id }) => key_id)).toEqual([first]);
    expect(await world.rotation().abandon()).toBeUndefined();
  });

  test('enables the key that is just being deleted: another is enabled in its place', async () => {
    const first = await begin();
    await world.rotation().create();
    await world.rotation().enable();
    const second = enabledId();
    // Between the last look and the deletion.
    const api = {
      ...world.api,
      deleteSignatureKey: async (keyId: string) => {
        await world.api.enableSignatureKey(first);
        await world.api.deleteSignatureKey(keyId);
      },
    } as Provider;
    await world.rotation({ api }).retire();
    expect(enabledId()).toBe(second);
  });

  test('disabled every key: a rotation begins with a new one, at once', async () => {
    const first = await begin();
    await world.rotation().create();
    await world.rotation().enable();
    await world.api.deleteSignatureKey(enabledId() ?? '');
    const before = world.time;
    const rotation = world.rotation();
    await rotation.enable({ keyId: await rotation.create() });
    expect(world.time).toBe(before);
    await world.rotation().run();
    expect([undefined, first]).not.toContain(enabledId());
  });

  test('had the answer to writing the keyring lost: the new key is there once', async () => {
    await begin();
    const store = {
      ...world.store,
      update: async (change: Parameters<typeof world.store.update>[0], versionId?: string) => {
        await world.store.update(change, versionId);
        // The first answer is lost, and the change is made again on what it made.
        await world.store.update(change);
      },
    };
    const created = await world.rotation({ store }).create();
    expect((await keyringIds()).filter((id) => id === created)).toHaveLength(1);
  });

  test('changes the keyring while a key is made: neither change is lost', async () => {
    await begin();
    const { enabled: _enabled, ...colleague } = await world.api.createSignatureKey('SHA256');
    const slow = {
      ...world.api,
      createSignatureKey: async (digest: 'SHA256') => {
        const created = await world.api.createSignatureKey(digest);
        await world.store.update((entries) => [...entries, colleague]);
        return created;
      },
    } as Provider;
    const created = await world.rotation({ api: slow }).create();
    expect(await keyringIds()).toEqual(expect.arrayContaining([colleague.key_id, created]));
  });

  test('is faster with a change: it is made again on theirs', async () => {
    await begin();
    const spare = (key_id: string) => ({ key_id, public_key: 'AAAA' });
    let tries = 0;
    await world.store.update((entries) => {
      if (tries++ === 0) world.secrets.put('keyring', JSON.stringify({ keys: [...entries, spare('theirs')] }));
      return [...entries, spare('ours')];
    });
    expect(tries).toBe(2);
    expect((await keyringIds()).slice(1)).toEqual(['theirs', 'ours']);
  });
});

test.each(['{"keys":[{"key_id":5,"public_key":"AAAA"}]}', '[]', '{"keys":["key"]}', '{"keys":[{"key_id":"a"}]}'])(
  'a keyring that a person must mend is not touched, and no key is made: %s',
  async (secret) => {
    world.secrets.put('keyring', secret);
    await expect(world.rotation().create()).rejects.toThrow('mend it');
    expect(world.secrets.get('keyring')).toBe(secret);
    expect(world.provider.signatureKeys()).toEqual([]);
  },
);

test('an empty secret is an empty keyring', async () => {
  world.secrets.put('keyring', ' ');
  const keyId = await world.rotation().create();
  expect(await keyringIds()).toEqual([keyId]);
});

test.each(['pending_since', 'retired_at'] as const)('a %s that nobody can read means the whole wait', async (field) => {
  await begin();
  await world.rotation().create();
  if (field === 'retired_at') await world.rotation().enable();
  await world.store.update((entries) => entries.map((entry) => (entry[field] ? { ...entry, [field]: 'soon' } : entry)));
  const before = world.time;
  if (field === 'pending_since') await world.rotation().enable();
  else await world.rotation().retire();
  expect(world.time - before).toBe(field === 'pending_since' ? propagationMilliseconds : retryTailMilliseconds);
});

test('without an enabled key, or with one that verifiers cannot have, the rotation does not end well', async () => {
  await expect(world.rotation().confirm()).rejects.toThrow('no key enabled');
  const stranger = await world.api.createSignatureKey('SHA256');
  await world.api.enableSignatureKey(stranger.key_id);
  await expect(world.rotation().confirm()).rejects.toThrow(`no public key ${stranger.key_id}`);
});
