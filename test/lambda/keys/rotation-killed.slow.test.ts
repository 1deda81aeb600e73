import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { KeyringStore } from '../../../lambda/keys/keyring-store.ts';
import type { Provider } from '../../../lambda/messagemedia/client.ts';
import { World } from './rotation-world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.close());

const enabledId = () => world.provider.signingKey()?.id;
/** The keys that can sign, without deleted ones. */
const liveIds = async () =>
  ((await world.store.read()) ?? []).filter(({ deleted_at }) => !deleted_at).map(({ key_id }) => key_id);

/** A first enabled key, and functions that each read the keyring at a different moment of the five minutes. */
async function begin(): Promise<string> {
  const keyId = await world.rotation().create();
  await world.rotation().enable({ atOnce: true });
  await world.pass(10 * 60_000);
  world.failures.length = 0;
  return keyId;
}

describe('killed', () => {
  type Call = (...parameters: unknown[]) => Promise<unknown>;

  /** Fails before or after its n-th call, and answers no call after that. */
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
      expect(await liveIds()).toEqual([enabledId()]);
      expect(enabledId()).not.toBe(current);
      expect(world.provider.signatureKeys().some(({ key_id }) => key_id === current)).toBe(false);
      current = enabledId() ?? '';
    }
    expect(calls).toBeGreaterThan(12);
    expect(world.failures).toEqual([]);
  });
});
