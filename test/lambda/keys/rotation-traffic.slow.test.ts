import { createPublicKey } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { VerificationKey } from '../../../lambda/keys/keyring.ts';
import { createKeyring } from '../../../lambda/keys/keyring-cache.ts';
import { createKeyringStore } from '../../../lambda/keys/keyring-store.ts';
import { createRotation } from '../../../lambda/keys/rotation.ts';
import { createProvider } from '../../../lambda/messagemedia/client.ts';
import { createReceiver } from '../../../lambda/receiver/receiver.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalQueue, startQueue } from '../../../sandbox/aws/queue.ts';
import { type LocalSecrets, startSecrets } from '../../../sandbox/aws/secrets.ts';
import { consume } from '../../../sandbox/consumer.ts';
import { type ProviderSimulator, startProvider } from '../../../sandbox/messagemedia/server.ts';
import { toWire, type WireRequest } from '../../../signing/sender.ts';
import { httpApiEvent } from '../../support.ts';

const webhooks = 2_000;
const rotations = 3;
const minute = 60_000;

let provider: ProviderSimulator;
let secrets: LocalSecrets;
let queue: LocalQueue;
beforeAll(async () => {
  [provider, secrets, queue] = await Promise.all([
    startProvider({ modulusLength: 1024 }),
    startSecrets(),
    startQueue(),
  ]);
});
afterAll(() => Promise.all([provider.close(), secrets.close(), queue.close()]));

/** A clock that the test moves. A sleeper wakes up when its time has come, and works while the clock stands. */
class Clock {
  time = Date.UTC(2026, 10, 23, 9);
  private sleeper: { until: number; wake: () => void } | undefined;
  private asleep = Promise.withResolvers<void>();

  pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.sleeper = { until: this.time + milliseconds, wake: resolve };
    this.asleep.resolve();
    return promise;
  }

  /** Moves the clock to a moment, and stops whenever the sleeper wakes up. */
  async moveTo(moment: number): Promise<void> {
    for (;;) {
      await this.asleep.promise;
      const sleeper = this.sleeper;
      if (sleeper === undefined || sleeper.until > moment) break;
      this.time = sleeper.until;
      this.sleeper = undefined;
      this.asleep = Promise.withResolvers();
      sleeper.wake();
    }
    this.time = moment;
  }

  /** Waits until nobody sleeps any more. */
  done(): void {
    this.sleeper = undefined;
    this.asleep.resolve();
  }
}

test('2,000 signed webhooks, half of them retried late, while keys rotate three times', async () => {
  const clock = new Clock();
  const api = createProvider({ baseUrl: provider.url, apiKey: provider.apiKey, apiSecret: provider.apiSecret });
  const client = new SecretsManagerClient({
    endpoint: secrets.url,
    region: 'us-east-1',
    credentials: localCredentials,
  });
  const everyKey: VerificationKey[] = [];
  const rotation = createRotation({
    provider: {
      ...api,
      createSignatureKey: async (digest) => {
        const created = await api.createSignatureKey(digest);
        const key = createPublicKey({ key: Buffer.from(created.public_key, 'base64'), format: 'der', type: 'spki' });
        everyKey.push({ id: created.key_id, digest: created.digest, key });
        return created;
      },
    },
    keyring: createKeyringStore(client, 'keyring'),
    digest: 'SHA256',
    now: () => clock.time,
    pause: (milliseconds) => clock.pause(milliseconds),
    log: () => {},
  });

  secrets.put('keyring', '{"keys":[]}');
  await rotation.create();
  await rotation.enable({ atOnce: true });
  const firstKey = provider.signingKey()?.id;

  const refused: unknown[] = [];
  const receivers = Array.from({ length: 3 }, () =>
    createReceiver({
      keyring: createKeyring({ load: async () => secrets.get('keyring') ?? '', now: () => clock.time, warn: () => {} }),
      send: async ({ body, groupId, deduplicationId }) => {
        const ids = { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId };
        await queue.client.send(new SendMessageCommand({ QueueUrl: queue.queueUrl, MessageBody: body, ...ids }));
      },
      now: () => clock.time,
      toleranceSeconds: 900,
      report: (outcome) => {
        if (outcome.outcome !== 'accepted') refused.push(outcome);
      },
    }),
  );

  // The local SQS uses the clock of the test too, or its five minutes would never end.
  jest.spyOn(Date, 'now').mockImplementation(() => clock.time);
  const start = clock.time;
  const rotating = (async () => {
    for (let round = 0; round < rotations; round++) {
      await clock.pause(3 * minute);
      await rotation.create();
      await rotation.enable();
      await rotation.confirm();
      await rotation.retire();
    }
    clock.done();
  })();

  // Three rotations of 16.5 minutes and their pauses take an hour. The webhooks are spread evenly over a little more.
  const interval = (62 * minute) / webhooks;
  const requests = new Map<number, WireRequest>();
  const first = Array.from({ length: webhooks }, (_, index) => ({ at: start + index * interval, index, late: false }));
  // The answer to every second webhook is lost, and it comes again byte for byte. Most come within the five minutes for
  // which SQS remembers ids, some as late as the ten minutes that MessageMedia may take for its last try.
  const within = ({ index }: { index: number }) => index % 20 !== 1;
  const late = first
    .filter(({ index }) => index % 2 === 1)
    .map(({ at, index }) => {
      const delay = within({ index }) ? 10 + ((index * 7919) % 280) : 310 + ((index * 7919) % 280);
      return { at: at + delay * 1000, index, late: true };
    });
  for (const { at, index, late: isLate } of [...first, ...late].sort((one, other) => one.at - other.at)) {
    await clock.moveTo(at);
    if (!isLate) {
      const body = JSON.stringify({ delivery_report_id: `report-${index}`, message_id: `message-${index}` });
      requests.set(
        index,
        toWire({ method: 'POST', target: '/messagemedia', body }, provider.signingKey(), new Date(at)),
      );
    }
    const request = requests.get(index);
    if (request) await receivers[(index + Number(isLate)) % 3]?.(httpApiEvent(request), 'invocation');
  }
  await rotating;
  jest.restoreAllMocks();

  expect(refused).toEqual([]);
  expect(requests.size).toBe(webhooks);
  const ids: string[] = [];
  for (;;) {
    const events = await consume(queue.client, queue.queueUrl, everyKey);
    if (events.length === 0) break;
    expect(events.every(({ reverified }) => reverified)).toBe(true);
    ids.push(...events.map(({ event }) => event.id));
  }
  // Only webhooks that SQS no longer remembers are queued twice. A consumer recognises them by their id.
  expect(new Set(ids).size).toBe(webhooks);
  const twice = ids.filter((id, position) => ids.indexOf(id) !== position);
  expect(twice.sort()).toEqual(
    late
      .filter((retry) => !within(retry))
      .map(({ index }) => `report-${index}`)
      .sort(),
  );
  expect(late.filter(within).length).toBeGreaterThan(800);

  // Four keys have signed, and only the last can still sign.
  const signers = new Set([...requests.values()].map(({ headers }) => headers['x-messagemedia-key-id']));
  expect(signers.size).toBe(rotations + 1);
  const left = provider.signingKey()?.id;
  expect(left).not.toBe(firstKey);
  expect(provider.signatureKeys().map(({ key_id }) => key_id)).toEqual([left]);
  const remembered: { key_id: string; deleted_at?: string }[] = JSON.parse(secrets.get('keyring') ?? '').keys;
  expect(remembered.filter(({ deleted_at }) => !deleted_at)).toMatchObject([{ key_id: left }]);
  expect(remembered).toHaveLength(rotations + 1);
}, 120_000);
