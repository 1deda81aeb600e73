import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KeyringEntry } from '../../../lambda/keys/keyring-secret.ts';
import type { KeyringStore } from '../../../lambda/keys/keyring-store.ts';
import { retryTailMilliseconds } from '../../../lambda/keys/rotation.ts';
import { World } from './rotation-world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});

const enabledId = () => world.provider.signingKey()?.id;
const keyring = () => world.store.entries;
const keyringIds = () => keyring().map(({ key_id }) => key_id);
const idsAtMessageMedia = async () => (await world.api.listSignatureKeys()).map(({ key_id }) => key_id);
/** The keys that can sign, without deleted ones. */
const liveIds = () => keyring().flatMap(({ key_id, deleted_at }) => (deleted_at ? [] : [key_id]));
const ends = () => keyring().map(({ key_id, deleted_at }) => [key_id, deleted_at !== undefined]);

/** A first enabled key, and verifiers that each read the keyring at a different moment of the five minutes. */
async function begin(): Promise<string> {
  const keyId = await world.rotation().create();
  await world.rotation().enable({ atOnce: true });
  await world.pass(10 * 60_000);
  world.failures.length = world.told.length = 0;
  return keyId;
}

/** A key that is made beside the keyring. */
async function makeElsewhere(): Promise<KeyringEntry & { key_id: string }> {
  const { enabled: _enabled, ...entry } = await world.api.createSignatureKey('SHA256');
  return entry;
}

test('a rotation replaces the key, and at every moment every verifier verifies everything that can arrive', async () => {
  const first = await begin();
  await world.rotation().run();
  const second = enabledId();
  expect(second).not.toBe(first);
  expect(world.failures).toEqual([]);
  expect(await idsAtMessageMedia()).toEqual([second]);
  const time = expect.any(String);
  const key = { public_key: time, cipher: 'RSA', digest: 'SHA256', created: time, enabled_at: time };
  expect(keyring()).toEqual([
    { ...key, key_id: first, retired_at: time, deleted_at: time },
    { ...key, key_id: second },
  ]);
  expect(world.told).toEqual([
    `key ${second} is created and in the keyring`,
    expect.stringMatching(/^waiting .* read key/),
    `key ${second} is enabled`,
    `webhooks are signed with key ${second}, which is in the keyring`,
    expect.stringMatching(/^waiting .* go back to it$/),
    `key ${first} is deleted at MessageMedia; its public key stays in the keyring`,
  ]);
});

test.each<[string, () => Promise<void>]>([
  [
    'enabling at once breaks verifiers that hold older keys',
    async () => {
      await world.rotation().enable({ atOnce: true });
      await world.check();
    },
  ],
  [
    'so does deleting the old key at once',
    async () => {
      await world.rotation().enable();
      world.store.entries.shift();
      await world.pass(6 * 60_000);
    },
  ],
])('the checks of this test can fail: %s', async (_what, spoil) => {
  await begin();
  await world.rotation().create();
  await spoil();
  expect(world.failures).not.toEqual([]);
});

test('a key that was pasted without an id gets the id of the enabled key, and is rotated like any other', async () => {
  const { public_key, key_id } = await makeElsewhere();
  world.store.entries = [{ public_key }];
  await world.api.enableSignatureKey(key_id);
  await world.rotation().create();
  expect(keyring()[0]).toEqual({ public_key, key_id, digest: 'SHA256' });
  await world.rotation().run();
  expect(liveIds()).toEqual([enabledId()]);
});

describe('somebody else', () => {
  test('abandons the rotation by name: the waiting key is deleted, and the running rotation stops', async () => {
    const first = await begin();
    let abandoned: unknown;
    const during = async () => {
      abandoned = await world.rotation().abandon();
      expect(world.told.at(-1)).toBe(`key ${abandoned} is deleted at MessageMedia, and is not enabled`);
    };
    await expect(world.rotation({ during }).run()).rejects.toThrow(/is abandoned/);
    expect(await idsAtMessageMedia()).toEqual([first]);
    expect(ends()[1]).toEqual([abandoned, true]);
    expect(await world.rotation().abandon()).toBeUndefined();
    await world.rotation().run();
    expect(enabledId()).not.toBe(first);
    expect(world.failures).toEqual([]);
  });
});

test.each([false, true])(
  'without an enabled key a rotation makes one, with retired keys left: %s',
  async (isRetired) => {
    const first = await begin();
    if (isRetired) {
      await world.rotation().create();
      await world.rotation().enable();
    }
    await world.api.disableSignatureKey();
    const before = world.time;
    await world.rotation().run();
    expect(enabledId()).toBeDefined();
    expect(enabledId()).not.toBe(first);
    expect(world.told).toContainEqual(expect.stringContaining('no key is enabled at MessageMedia'));
    // Every webhook is refused already, so no wait is needed before the key is enabled.
    expect(world.time - before).toBeLessThanOrEqual(retryTailMilliseconds);
  },
);

test('without an enabled key, or with one that verifiers cannot have, the rotation does not end well', async () => {
  await expect(world.rotation().confirm()).rejects.toThrow('no key enabled');
  const { key_id } = await makeElsewhere();
  await world.api.enableSignatureKey(key_id);
  await expect(world.rotation().confirm()).rejects.toThrow(`no public key ${key_id}`);
});

test('an enabled key that was noted as retired has no end any more once it is confirmed', async () => {
  await begin();
  world.store.entries = keyring().map((entry) => ({ ...entry, retired_at: toTime(world.time) }));
  await world.rotation().confirm();
  expect(keyring()[0]).not.toHaveProperty('retired_at');
});

describe('a rotation that was stopped', () => {
  const continuing = (keyId: string) =>
    `continuing with key ${keyId} (SHA256), which waits in the keyring to be enabled`;

  test('before its key was enabled continues with the same key', async () => {
    const first = await begin();
    const second = await world.rotation().create();
    expect(keyring()[1]).toMatchObject({ key_id: second, replaces: first, pending_since: toTime(world.time) });
    expect(await world.rotation().create()).toBe(second);
    expect(world.told.at(-1)).toBe(continuing(second));
    expect(keyringIds()).toEqual([first, second]);
  });

  test('before the old key was deleted ends, and begins no other', async () => {
    const first = await begin();
    const second = await world.rotation().create();
    await world.rotation().enable();
    await world.rotation().run();
    expect(world.told).toContain('finishing a rotation that was stopped; run the command again for another rotation');
    expect(enabledId()).toBe(second);
    expect(ends()).toEqual([
      [first, true],
      [second, false],
    ]);
  });

  test('twice, before the old key was deleted and before the new one was enabled, ends with the third', async () => {
    await begin();
    await world.rotation().create();
    await world.rotation().enable();
    const third = await world.rotation().create();
    await world.rotation().run();
    expect(world.told).toContain(continuing(third));
    expect(enabledId()).toBe(third);
    expect(liveIds()).toEqual([third]);
  });

  test('does not hide that no verifier has the enabled key', async () => {
    await begin();
    await world.rotation().create();
    await world.rotation().enable();
    await world.api.enableSignatureKey((await makeElsewhere()).key_id);
    await world.rotation().run();
    expect(keyringIds()).toContain(enabledId());
  });

  test('makes another key if its own is gone at MessageMedia', async () => {
    await begin();
    const lost = await world.rotation().create();
    await world.api.deleteSignatureKey(lost);
    const second = await world.rotation().create();
    expect(world.told).toContain(`key ${lost} was deleted at MessageMedia: creating another`);
    expect(ends().slice(1)).toEqual([
      [lost, true],
      [second, false],
    ]);
  });

  test('after any call of any step goes on from there, and nothing is ever refused', async () => {
    type Call = (...parameters: unknown[]) => Promise<unknown>;
    /** Fails after its n-th call, and answers no call after that. */
    const mortal = <T extends object>(target: T, life: { calls: number; last: number }): T =>
      new Proxy(target, {
        get: (object, name) => {
          const call = Reflect.get(object, name) as Call;
          return async (...parameters: unknown[]) => {
            if (++life.calls > life.last) throw new Error('killed');
            const result = await call(...parameters);
            await world.check();
            if (life.calls === life.last) throw new Error('killed');
            return result;
          };
        },
      });
    for (let last = 1; ; last++) {
      world = new World();
      const first = await begin();
      const life = { calls: 0, last };
      const rotation = world.rotation({
        provider: mortal(world.api, life),
        keyring: mortal<KeyringStore>(world.store, life),
      });
      const error = await rotation.run().catch((thrown) => thrown);
      if (error === undefined) {
        expect(life.calls).toBeGreaterThan(12);
        break;
      }
      expect(String(error.cause ?? error)).toContain('killed');
      await world.pass(3 * 60_000);
      await world.rotation().run();
      expect(liveIds()).toEqual([enabledId()]);
      expect(enabledId()).not.toBe(first);
      expect(await idsAtMessageMedia()).not.toContain(first);
      expect(world.failures).toEqual([]);
    }
  });
});

test('a key that cannot be stored is deleted, and it is told if it cannot be deleted either', async () => {
  await begin();
  const cause = new Error('no access');
  const broken = { ...world.store, update: () => Promise.reject(cause) };
  const stored = world.rotation({ keyring: broken }).create();
  await expect(stored).rejects.toMatchObject({
    message: expect.stringMatching(
      /^Key \S+ could not be written to the keyring: it was deleted at MessageMedia again, and nothing else has changed$/,
    ),
    cause,
  });
  const provider = { ...world.api, deleteSignatureKey: () => Promise.reject(new Error('no network')) };
  await expect(world.rotation({ keyring: broken, provider }).create()).rejects.toThrow(
    'could not be written to the keyring: deleting it at MessageMedia failed too. It is not enabled: delete it by hand',
  );
});

test('the keyring gets the version that Secrets Manager rotates to, with a new key or one that waits', async () => {
  await begin();
  const versions: (string | undefined)[] = [];
  const update: KeyringStore['update'] = (change, versionId) => {
    versions.push(versionId);
    return world.store.update(change);
  };
  const rotation = world.rotation({ keyring: { ...world.store, update } });
  const created = await rotation.create('v-1');
  const before = keyring();
  expect(await rotation.create('v-2')).toBe(created);
  expect(await rotation.create()).toBe(created);
  expect(versions).toStrictEqual(['v-1', 'v-2']);
  expect(keyring()).toEqual(before);
});

/** A keyring that shows a state up to `lag` milliseconds old. A change may first run on such a state, and then again. */
function lagging(lag: number, ages: Iterator<number>): KeyringStore {
  const history: { at: number; entries: KeyringEntry[] }[] = [{ at: world.time, entries: [] }];
  const old = () => {
    world.time += 60;
    const age = Number(ages.next().value) * lag;
    return structuredClone(history.findLast(({ at }) => at <= world.time - age)?.entries ?? []);
  };
  const update: KeyringStore['update'] = async (change) => {
    change(old());
    await world.store.update(change);
    world.time += 60;
    history.push({ at: world.time, entries: keyring() });
  };
  return { ...world.store, read: async () => old(), update };
}

test.each([1_000, 3_000, 20_000])('a keyring that lags by up to %i ms does not keep a rotation from its end', (lag) =>
  fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), async (ages) => {
      world = new World();
      const rotation = world.rotation({ keyring: lagging(lag, ages) });
      const first = await rotation.create();
      expect(await rotation.enable({ keyId: first, atOnce: true })).toBe('enabled');
      world.time += 60_000;
      await rotation.run();
      expect(ends()).toEqual([
        [first, true],
        [enabledId(), false],
      ]);
      expect(keyring()[1]).not.toHaveProperty('pending_since');
    }),
    { numRuns: 12, seed: lag },
  ),
);

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
