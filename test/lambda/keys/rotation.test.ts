import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { deleteKey, enableKey } from '../../../lambda/keys/key-changes.ts';
import { afterDeleting } from '../../../lambda/keys/key-life.ts';
import { propagationMilliseconds, retryTailMilliseconds } from '../../../lambda/keys/rotation.ts';
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

test('every piece of the wait before the old key is deleted says when the whole of it ends', async () => {
  await begin();
  const before = world.waits.length;
  await world.rotation().run();
  const pieces = world.waits.slice(before).filter(({ milliseconds }) => milliseconds <= 60_000);
  expect(pieces).toHaveLength(retryTailMilliseconds / 60_000);
  expect(new Set(pieces.map(({ end }) => end))).toEqual(new Set([world.time]));
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

test('a key that cannot be stored is deleted again, and the error says so', async () => {
  const first = await begin();
  const store = { ...world.store, update: () => Promise.reject(new Error('no access')) };
  await expect(world.rotation({ store }).create()).rejects.toThrow(
    /could not be written.*it was deleted at MessageMedia again/,
  );
  expect(world.provider.signatureKeys().map(({ key_id }) => key_id)).toEqual([first]);
});

test('a key that vanished at MessageMedia while it waited is replaced by another', async () => {
  await begin();
  const lost = await world.rotation().create();
  await world.api.deleteSignatureKey(lost);
  await world.rotation().run();
  expect(await liveIds()).toEqual([enabledId()]);
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

test('an old key that was enabled again meanwhile stays', async () => {
  const first = await begin();
  const rotation = world.rotation();
  await rotation.create();
  await rotation.enable();
  await world.api.enableSignatureKey(first);
  const before = world.time;
  world.attentive = true;
  await rotation.retire();
  expect(enabledId()).toBe(first);
  expect((await keyring())[0]).toMatchObject({ key_id: first });
  expect((await keyring())[0]).not.toHaveProperty('retired_at');
  expect(world.time - before).toBeLessThan(5 * 60_000);
  await world.pass(30 * 60_000);
  expect(world.failures).toEqual([]);
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

  test('goes back and forth while the old key waits to be deleted: it waits anew', async () => {
    const first = await begin();
    world.attentive = true;
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
    expect(await liveIds()).toEqual([second]);
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

  test('goes back to the old key during the first wait: the new one is not enabled when the wait ends', async () => {
    const first = await begin();
    const busy = world.rotation({ during: () => enableByHand(first) });
    await expect(busy.run()).rejects.toThrow(/is abandoned/);
    expect(enabledId()).toBe(first);
    expect((await keyring())[0]).not.toHaveProperty('retired_at');
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
    await expect(world.rotation().create()).rejects.toThrow('correct it before');
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

describe('deleting', () => {
  /** An API in which something else happens before a deletion, after every check. */
  const before = (deed: () => Promise<unknown>): Provider => ({
    ...world.api,
    deleteSignatureKey: async (keyId) => {
      await deed();
      return world.api.deleteSignatureKey(keyId);
    },
  });

  test('never takes the enabled key, whoever enabled it meanwhile', async () => {
    const first = await begin();
    await expect(deleteKey(world.keys(), first)).rejects.toThrow(`Key ${first} is enabled`);
    expect(enabledId()).toBe(first);
    expect((await keyring())[0]).not.toHaveProperty('deleted_at');
  });

  test.each([
    ['as mmw does', (keyId: string) => enableKey(world.keys(), keyId)],
    ['behind the keyring', (keyId: string) => world.api.enableSignatureKey(keyId)],
  ])('the old key at the moment somebody goes back to it %s leaves another enabled', async (_how, goBack) => {
    const first = await begin();
    const rotation = world.rotation();
    const second = await rotation.create();
    await rotation.enable();
    await world.rotation({ api: before(() => goBack(first)) }).retire();
    expect(enabledId()).toBe(second);
    const entry = (await keyring()).find(({ key_id }) => key_id === second);
    expect(entry).not.toHaveProperty('retired_at');
    expect((await keyring())[0]).toHaveProperty('deleted_at');
  });

  test('the old key while somebody is going back to it leaves another enabled, and they are told', async () => {
    const first = await begin();
    const rotation = world.rotation();
    const second = await rotation.create();
    await rotation.enable();
    const api = {
      ...world.api,
      enableSignatureKey: async (keyId: string) => {
        const key = await world.api.enableSignatureKey(keyId);
        if (keyId === first) {
          await world.api.deleteSignatureKey(first);
          await world.store.update((entries) => afterDeleting(entries, first, world.time));
        }
        return key;
      },
    };
    await expect(enableKey(world.keys({ api }), first)).rejects.toThrow('Somebody else deleted key');
    expect(enabledId()).toBe(second);
    expect((await keyring())[1]).not.toHaveProperty('retired_at');
  });

  test('leaves the old key as the way back when none is enabled', async () => {
    const first = await begin();
    const rotation = world.rotation();
    await rotation.create();
    await rotation.enable();
    await world.api.disableSignatureKey();
    await rotation.retire();
    expect(world.provider.signatureKeys().map(({ key_id }) => key_id)).toContain(first);
  });

  test('a deleted key cannot be enabled again', async () => {
    const first = await begin();
    await world.rotation().run();
    await expect(enableKey(world.keys(), first)).rejects.toThrow(`Key ${first} was deleted at MessageMedia`);
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

test('a key takes over at once from one that no verifier has', async () => {
  const stranger = await world.api.createSignatureKey('SHA256');
  await world.api.enableSignatureKey(stranger.key_id);
  const before = world.time;
  await world.rotation().run();
  expect(world.time).toBe(before);
  expect(world.told).toContainEqual(expect.stringContaining(`${stranger.key_id}, which the keyring does not have`));
  expect(world.provider.signatureKeys()).toHaveLength(2);
});

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

  test('of one whose key somebody abandoned meanwhile', async () => {
    await begin();
    const second = await world.rotation().create();
    const during = async () => {
      await world.rotation().abandon();
    };
    await expect(world.rotation({ during }).run()).rejects.toThrow(
      `The rotation to key ${second} is abandoned: meanwhile another key was chosen, or this one was deleted`,
    );
  });

  test('of webhooks that arrive unsigned', async () => {
    await expect(world.rotation().confirm()).rejects.toThrow(
      'MessageMedia has no key enabled: its webhooks arrive unsigned',
    );
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
