import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { enableKey } from '../../../lambda/keys/key-changes.ts';
import { retryTailMilliseconds } from '../../../lambda/keys/rotation.ts';
import type { Provider } from '../../../lambda/messagemedia/client.ts';
import { World } from './rotation-world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.close());

const enabledId = () => world.provider.signingKey()?.id;
const keyring = async () => (await world.store.read()) ?? [];
/** The keys that can sign, without deleted ones. */
const liveIds = async () => (await keyring()).filter(({ deleted_at }) => !deleted_at).map(({ key_id }) => key_id);
const keyringIds = async () => (await keyring()).map(({ key_id }) => key_id);

/** A first enabled key, and verifiers that each read the keyring at a different moment of the five minutes. */
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

test('a key that was pasted without an id gets the id of the enabled key, and is rotated like any other', async () => {
  const created = await world.api.createSignatureKey('SHA512');
  world.secrets.put('keyring', created.public_key);
  await world.api.enableSignatureKey(created.key_id);
  await world.rotation().create();
  expect((await keyring())[0]).toEqual({ public_key: created.public_key, key_id: created.key_id, digest: 'SHA512' });
  await world.rotation().run();
  expect(await liveIds()).toEqual([enabledId()]);
});

test('keys that somebody put there by hand stay', async () => {
  await begin();
  const spare = await world.api.createSignatureKey('SHA512');
  const { enabled: _enabled, ...entry } = spare;
  await world.store.update((entries) => [...entries, { ...entry, note: 'spare' } as typeof entry]);
  await world.rotation().run();
  expect(await liveIds()).toEqual([spare.key_id, enabledId()]);
  expect((await keyring())[1]).toMatchObject({ note: 'spare' });
});

test('a retired key that was enabled behind the keyring has no end any more once a rotation looks', async () => {
  const first = await begin();
  await world.rotation().run();
  const second = enabledId() ?? '';
  await world.store.update((entries) => entries.map((entry) => ({ ...entry, retired_at: '2026-11-23T09:30:00Z' })));
  await world.rotation().create();
  expect((await keyring()).map(({ retired_at }) => retired_at !== undefined)).toEqual([true, false, false]);
  expect((await keyring()).map(({ key_id }) => key_id).slice(0, 2)).toEqual([first, second]);
});

describe('somebody else', () => {
  const enableByHand = async (keyId: string) => {
    await enableKey(world.keys(), keyId);
  };

  test('went back to the old key long ago: it is retired anew, not by the old note', async () => {
    const first = await begin();
    world.attentive = true;
    const stopped = world.rotation();
    await stopped.create();
    await stopped.enable();
    await enableByHand(first);
    await world.pass(60 * 60_000);
    const steps = world.rotation();
    await steps.create();
    await steps.enable();
    const before = world.time;
    await steps.retire();
    expect(world.time - before).toBeGreaterThanOrEqual(retryTailMilliseconds);
    expect(world.failures).toEqual([]);
  });

  test('enables another key while the new one waits: that rotation is abandoned, and does not pass for done', async () => {
    const first = await begin();
    const { enabled: _enabled, ...other } = await world.api.createSignatureKey('SHA256');
    await world.store.update((entries) => [...entries, other]);
    await world.pass(10 * 60_000);
    const busy = world.rotation({ during: () => enableByHand(other.key_id) });
    await expect(busy.run()).rejects.toThrow(/rotation to key .* is abandoned/);
    expect(enabledId()).toBe(other.key_id);
    expect((await keyring()).find(({ key_id }) => key_id === first)).toHaveProperty('retired_at');
    expect((await keyring()).some(({ pending_since }) => pending_since)).toBe(false);
    expect(world.failures).toEqual([]);
  });

  test('goes back at the very moment the new key is enabled: that one is enabled in the end', async () => {
    const first = await begin();
    const api = {
      ...world.api,
      enableSignatureKey: async (keyId: string) => {
        await enableByHand(first);
        return world.api.enableSignatureKey(keyId);
      },
    };
    await expect(world.rotation({ api }).run()).rejects.toThrow(/is abandoned/);
    expect(enabledId()).toBe(first);
    expect((await keyring())[0]).not.toHaveProperty('retired_at');
  });

  test('abandons the rotation by name: the waiting key is deleted, and the running rotation stops', async () => {
    const first = await begin();
    const busy = world.rotation({
      during: async () => {
        await world.rotation().abandon();
      },
    });
    await expect(busy.run()).rejects.toThrow(/is abandoned/);
    expect(world.provider.signatureKeys().map(({ key_id }) => key_id)).toEqual([first]);
    expect((await keyring())[1]).toHaveProperty('deleted_at');
    expect(await world.rotation().abandon()).toBeUndefined();
    await world.rotation().run();
    expect(enabledId()).not.toBe(first);
    expect(world.failures).toEqual([]);
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
});

test.each(['{"keys":[{"key_id":5,"public_key":"AAAA"}]}', '[]', '{"keys":["key"]}', '{"keys":[{"key_id":"a"}]}'])(
  'a keyring that a person must mend is not touched, and no key is made: %s',
  async (secret) => {
    world.secrets.put('keyring', secret);
    await expect(world.rotation().create()).rejects.toThrow('an entry that is not a key');
    expect(world.secrets.get('keyring')).toBe(secret);
    expect(world.provider.signatureKeys()).toEqual([]);
  },
);

test('an empty secret is an empty keyring', async () => {
  world.secrets.put('keyring', ' ');
  const keyId = await world.rotation().create();
  expect(await keyringIds()).toEqual([keyId]);
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
  const stranger = await world.api.createSignatureKey('SHA256');
  await world.api.enableSignatureKey(stranger.key_id);
  await expect(world.rotation().confirm()).rejects.toThrow(`no public key ${stranger.key_id}`);
});

describe('what a rotation tells', () => {
  test('of all its steps', async () => {
    const first = await begin();
    world.told.length = 0;
    await world.rotation().run();
    const second = enabledId();
    expect(world.told).toContain(`key ${second} is created and in the keyring`);
    expect(world.told).toContain(`webhooks are signed with key ${second}, which is in the keyring`);
    expect(world.told).not.toContainEqual(expect.stringContaining('continuing with'));
    expect(world.told).not.toContainEqual(expect.stringContaining('finishing'));
    expect(first).not.toBe(second);
  });

  test('of one that was stopped before its key was enabled: it continues with the same key', async () => {
    const first = await begin();
    const second = await world.rotation().create();
    expect((await keyring())[1]).toMatchObject({ key_id: second, replaces: first, pending_since: toTime(world.time) });
    expect(await world.rotation().create()).toBe(second);
    expect(world.told.at(-1)).toBe(`continuing with key ${second} (SHA256), which waits in the keyring to be enabled`);
    expect(await keyringIds()).toEqual([first, second]);
  });

  test('of one that was stopped before the old key was deleted: it ends, and begins no other', async () => {
    const first = await begin();
    const second = await world.rotation().create();
    await world.rotation().enable();
    await world.rotation().run();
    expect(world.told).toContain('finishing a rotation that was stopped; run the command again for another rotation');
    expect(enabledId()).toBe(second);
    expect((await keyring()).map(({ key_id, deleted_at }) => [key_id, deleted_at !== undefined])).toEqual([
      [first, true],
      [second, false],
    ]);
  });

  test('of one that was stopped twice, before the old key was deleted and before the new one was enabled', async () => {
    await begin();
    await world.rotation().create();
    await world.rotation().enable();
    const third = await world.rotation().create();
    await world.rotation().run();
    expect(world.told).toContain(`continuing with key ${third} (SHA256), which waits in the keyring to be enabled`);
    expect(enabledId()).toBe(third);
    expect(await liveIds()).toEqual([third]);
  });

  test('of a key that is gone at MessageMedia: it is noted as deleted, and another is made', async () => {
    await begin();
    const lost = await world.rotation().create();
    await world.api.deleteSignatureKey(lost);
    const second = await world.rotation().create();
    expect(world.told).toContain(`key ${lost} was deleted at MessageMedia: creating another`);
    expect((await keyring()).map(({ key_id, deleted_at }) => [key_id, deleted_at !== undefined]).slice(1)).toEqual([
      [lost, true],
      [second, false],
    ]);
  });

  test('of one that is abandoned', async () => {
    await begin();
    const second = await world.rotation().create();
    expect(await world.rotation().abandon()).toBe(second);
    expect(world.told.at(-1)).toBe(`key ${second} is deleted at MessageMedia, and is not enabled`);
  });

  test('of a key that cannot be stored, and of one that cannot be deleted again either', async () => {
    await begin();
    const cause = new Error('no access');
    const store = { ...world.store, update: () => Promise.reject(cause) };
    const stored = await world
      .rotation({ store })
      .create()
      .catch((error: Error) => error);
    expect(stored).toMatchObject({ cause });
    expect(String(stored)).toMatch(
      /^Error: Key \S+ could not be written to the keyring: it was deleted at MessageMedia again, and nothing else has changed$/,
    );
    const api = { ...world.api, deleteSignatureKey: () => Promise.reject(new Error('no network')) };
    await expect(world.rotation({ store, api }).create()).rejects.toThrow(
      'could not be written to the keyring: deleting it at MessageMedia failed too. It is not enabled: delete it by hand',
    );
  });
});

test('a rotation enables the key that it created, though the keyring shows it a moment later', async () => {
  const first = await begin();
  let reads = 0;
  const store: typeof world.store = {
    ...world.store,
    read: async () => (await keyring()).filter(({ key_id }) => key_id === first || ++reads > 1),
  };
  await world.rotation({ store }).run();
  expect(enabledId()).not.toBe(first);
});

test('the keyring gets the version that Secrets Manager rotates to, with a new key or one that waits', async () => {
  await begin();
  const versions: (string | undefined)[] = [];
  const store: typeof world.store = {
    ...world.store,
    update: (change, versionId) => {
      versions.push(versionId);
      return world.store.update(change);
    },
  };
  const created = await world.rotation({ store }).create('v-1');
  const before = await keyring();
  expect(await world.rotation({ store }).create('v-2')).toBe(created);
  expect(await world.rotation({ store }).create()).toBe(created);
  expect(versions).toStrictEqual(['v-1', 'v-2']);
  expect(await keyring()).toEqual(before);
});

test('an enabled key that was noted as retired has no end any more once it is confirmed', async () => {
  await begin();
  await world.store.update((entries) => entries.map((entry) => ({ ...entry, retired_at: toTime(world.time) })));
  await world.rotation().confirm();
  expect((await keyring())[0]).not.toHaveProperty('retired_at');
});

test('what is left of a stopped rotation does not hide that no verifier has the enabled key', async () => {
  await begin();
  await world.rotation().create();
  await world.rotation().enable();
  const stranger = await world.api.createSignatureKey('SHA256');
  await world.api.enableSignatureKey(stranger.key_id);
  await world.rotation().run();
  expect(await keyringIds()).toContain(enabledId());
});

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
