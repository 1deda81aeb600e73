import {
  GetSecretValueCommand,
  InvalidParameterException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createKeyringStore, type KeyringStore } from '../../../lambda/keys/keyring-store.ts';
import { World } from './rotation-world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.close());

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A keyring whose reads return a state up to `lag` milliseconds old, random at each read. Every call takes a moment. */
function lagging(lag: number, random: () => number): KeyringStore {
  const history: { at: number; answer: object }[] = [];
  const send = async (command: object) => {
    world.time += 20 + Math.floor(random() * 80);
    const isRead = command instanceof GetSecretValueCommand && command.input.VersionId === undefined;
    if (!isRead) return world.client.send(command as GetSecretValueCommand);
    const answer = await world.client.send(command);
    history.push({ at: world.time, answer });
    const past = history.filter(({ at }) => at <= world.time - random() * lag);
    return (past.at(-1) ?? history[0])?.answer;
  };
  /** The states of the keyring, recorded after each change. */
  const remember = async (command: object) => {
    const result = await send(command);
    if (command instanceof UpdateSecretVersionStageCommand) {
      history.push({
        at: world.time,
        answer: await world.client.send(new GetSecretValueCommand({ SecretId: 'keyring' })),
      });
    }
    return result;
  };
  const pause = async (milliseconds: number) => {
    world.time += milliseconds;
  };
  return createKeyringStore({ send: remember } as unknown as SecretsManagerClient, 'keyring', { pause });
}

describe.each([1_000, 3_000, 20_000])('with a keyring that lags by up to %i ms', (lag) => {
  test.each(Array.from({ length: 12 }, (_, seed) => seed))(
    'a rotation that ends well has rotated, and the old key is gone (run %i)',
    async (seed) => {
      const store = lagging(lag, seeded(seed * 7919 + lag));
      const rotation = world.rotation({ store });
      const first = await rotation.create();
      expect(await rotation.enable({ keyId: first, atOnce: true })).toBe('enabled');
      world.time += 60_000;
      await rotation.run();
      const second = world.provider.signingKey()?.id;
      expect(second).not.toBe(first);
      const entries = (await world.store.read()) ?? [];
      expect(entries.map(({ key_id }) => key_id)).toEqual([first, second]);
      expect(entries[1]).not.toHaveProperty('pending_since');
      expect(entries[0]).toHaveProperty('deleted_at');
    },
  );
});

test('nor is it made twice when the keyring is read as it was before', async () => {
  let losses = 1;
  let before: unknown;
  const send = async (command: object) => {
    if (command instanceof GetSecretValueCommand && before) {
      const answer = before;
      before = undefined;
      return answer;
    }
    const current = new GetSecretValueCommand({ SecretId: 'keyring' });
    const isMove = command instanceof UpdateSecretVersionStageCommand && losses-- > 0;
    if (isMove) before = await world.client.send(current);
    const result = await world.client.send(command as GetSecretValueCommand);
    if (isMove) throw new InvalidParameterException({ message: 'AWSCURRENT is not attached', $metadata: {} });
    return result;
  };
  const store = createKeyringStore({ send } as unknown as SecretsManagerClient, 'keyring', { pause: async () => {} });
  const keyId = await world.rotation({ store }).create();
  expect((await world.store.read())?.map(({ key_id }) => key_id)).toEqual([keyId]);
});
