import { beforeEach, expect, test } from '@jest/globals';
import {
  createEnabledKey,
  enableChosenKey,
  expectForgettable,
  expectNoOtherDigest,
  forgetKey,
} from '../../../lambda/keys/manual-changes.ts';
import { World } from './rotation-world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});

const enabledId = () => world.provider.signingKey()?.id;
const entries = () => world.store.entries;

test('no key is created while one with another digest waits to be enabled', async () => {
  await expectNoOtherDigest(world.store, 'SHA512');
  const keyId = await world.rotation().create();
  await expectNoOtherDigest(world.store, 'SHA256');
  const refusal = `Key ${keyId} (SHA256) waits to be enabled: enable or delete it before you create another.`;
  await expect(expectNoOtherDigest(world.store, 'SHA512')).rejects.toThrow(refusal);
});

test('a key is created and enabled at once, without a wait', async () => {
  const old = await createEnabledKey(world.rotation());
  const before = world.time;
  expect(await createEnabledKey(world.rotation())).toBe(enabledId());
  expect(enabledId()).not.toBe(old);
  expect(world.time).toBe(before);
});

test('a created key that somebody else deletes before it is enabled is told, and the old key signs', async () => {
  const old = await createEnabledKey(world.rotation());
  const rotation = world.rotation();
  const create = async () => {
    const keyId = await rotation.create();
    await enableChosenKey(world.keys(), old);
    return keyId;
  };
  await expect(createEnabledKey({ ...rotation, create })).rejects.toThrow(
    /^Key \S+ was created but is not enabled: meanwhile another was chosen, or it was deleted\.$/,
  );
  expect(enabledId()).toBe(old);
});

test('choosing a key names the keys whose rotation it abandons, and not itself', async () => {
  const old = await createEnabledKey(world.rotation());
  const waiting = await world.rotation().create();
  expect(await enableChosenKey(world.keys(), old)).toEqual([waiting]);
  expect(await enableChosenKey(world.keys(), old)).toEqual([]);
  const next = await world.rotation().create();
  expect(await enableChosenKey(world.keys(), next)).toEqual([]);
  expect(enabledId()).toBe(next);
});

test('a key is forgotten for good, and all others stay', async () => {
  const old = await createEnabledKey(world.rotation());
  const enabled = await createEnabledKey(world.rotation());
  await expectForgettable(world.keys(), old);
  await forgetKey(world.keys(), old.toUpperCase());
  expect(entries()).toMatchObject([{ key_id: enabled }]);
  await expect(expectForgettable(world.keys(), old)).rejects.toThrow(`The keyring has no key ${old}`);
});

test.each([['when it is asked about', expectForgettable] as const, ['when it is done', forgetKey] as const])(
  'the enabled key cannot be forgotten: %s',
  async (_, act) => {
    const enabled = await createEnabledKey(world.rotation());
    const before = entries();
    await expect(act(world.keys(), enabled)).rejects.toThrow(`Key ${enabled} is enabled: without it every webhook`);
    expect(entries()).toEqual(before);
  },
);
