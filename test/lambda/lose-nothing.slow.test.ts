import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Flaws, hour, type LogFate, LossWorld, minute, type QueueFate, type WebhookFate } from './loss-world.ts';
import type { VendorEvent } from './model-provider.ts';

const waits = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 6 * 60 }).map((seconds) => seconds * 1000),
  fc.integer({ min: 1, max: 40 }).map((minutes) => minutes * minute),
  fc.integer({ min: 1, max: 9 }).map((hours) => hours * hour),
);
const queueFates = fc.constantFrom<QueueFate[]>('ok', 'ok', 'down', 'half');
const webhookFates = fc.constantFrom<WebhookFate[]>('ok', 'ok', 'lost', 'unheard', 'down', 'half');
const which = fc.nat({ max: 9 });
const kinds = fc.constantFrom<VendorEvent['kind'][]>('deliveryReport', 'reply', 'optOut');

const webhookSteps = fc.record({
  does: fc.constant('webhook' as const),
  after: waits,
  kind: kinds,
  message: fc.nat({ max: 2 }),
  fate: webhookFates,
  lastTryAfter: fc.integer({ min: 1, max: 24 * 60 - 1 }).map((minutes) => minutes * minute),
  givenUp: fc.boolean(),
  resent: fc.boolean(),
});
const otherSteps = fc.oneof(
  fc.record({ does: fc.constant('retry' as const), after: waits, which, fate: webhookFates, resent: fc.boolean() }),
  fc.record({ does: fc.constant('rotation' as const), after: waits, killedBefore: fc.boolean() }),
  fc.record({
    does: fc.constant('reconciliation' as const),
    after: waits,
    confirm: fc.boolean(),
    queue: queueFates,
    log: fc.constantFrom<LogFate[]>('whole', 'late', 'fails'),
  }),
  fc.record({ does: fc.constant('redrive' as const), after: waits, crashes: fc.boolean() }),
  fc.record({
    does: fc.constant('consumer' as const),
    after: waits,
    count: fc.integer({ min: 1, max: 5 }),
    dies: fc.boolean(),
  }),
  // Somebody who has seen a genuine request sends it again.
  fc.record({ does: fc.constant('replay' as const), after: waits, which }),
);
/** Each happens some time after the previous one. */
const steps = fc.oneof({ weight: 2, arbitrary: webhookSteps }, { weight: 3, arbitrary: otherSteps });
type Step = typeof steps extends fc.Arbitrary<infer Value> ? Value : never;
const histories = fc.array(steps, { maxLength: 40 });

async function perform(world: LossWorld, step: Step): Promise<void> {
  await world.pass(step.after);
  const { events } = world.provider;
  switch (step.does) {
    case 'webhook': {
      const { kind, message, fate, resent } = step;
      // Reconciliation does not queue opt-outs whose webhook was lost.
      const lastTryAfter = step.givenUp && kind !== 'optOut' ? undefined : step.lastTryAfter;
      const messageId = `6a5e1c1e-0000-4000-8000-00000000000${message}`;
      return world.webhook({ kind, id: randomUUID(), messageId, lastTryAfter, resent }, fate);
    }
    case 'retry': {
      const due = events.filter(
        ({ heard, lastTryAfter, receivedAt = 0 }) =>
          !heard && lastTryAfter !== undefined && world.time < receivedAt + lastTryAfter,
      );
      const event = due[step.which % due.length];
      return event && world.retry(event, step.fate, step.resent);
    }
    case 'rotation':
      if (step.killedBefore) world.killRotation();
      return world.rotate();
    case 'reconciliation':
      await world.reconcile({ since: 48 * hour, confirm: step.confirm }, step.queue, step.log);
      return;
    case 'redrive':
      return world.queue.redrive(step.crashes);
    case 'consumer':
      return world.queue.consume(step.count, step.dies);
    case 'replay': {
      const event = events[step.which % events.length];
      return event && world.replay(event);
    }
  }
}

/** Performs the steps, lets everything finish, and returns what is wrong. */
async function findLosses(steps: Step[], confirmedByWebhook: boolean, flaws: Flaws = {}): Promise<string[]> {
  const world = await LossWorld.start(flaws);
  world.provider.confirmedByWebhook = confirmedByWebhook;
  for (const step of steps) await perform(world, step);
  await world.pass(24 * hour);
  await world.reconcile({ since: 45 * 24 * hour, confirm: true });
  world.queue.consume(Number.POSITIVE_INFINITY);
  world.queue.redrive(false);
  world.queue.consume(Number.POSITIVE_INFINITY);
  return [...judge(world)];
}

function* judge({ provider, queue, refused, problems }: LossWorld): Generator<string> {
  yield* refused.map((text) => `refused: ${text}`);
  yield* problems.map((problem) => `failed: ${problem}`);
  if (provider.listed() > 0) yield `${provider.listed()} events are still on MessageMedia's lists`;
  const generated = new Map(provider.events.map((event) => [event.id, event]));
  for (const { id, kind } of provider.events) {
    if (!queue.taken.some(({ body }) => JSON.parse(body).id === id)) yield `${kind} ${id} was never queued`;
    const effects = queue.effects.get(id)?.length ?? 0;
    if (effects !== 1) yield `${kind} ${id} had ${effects} effects`;
  }
  for (const id of queue.effects.keys()) if (!generated.has(id)) yield `${id} is no event of MessageMedia`;
  for (const { body, groupId } of queue.taken) {
    const { id, type, subject, source, data, mmorigin = 'webhook' } = JSON.parse(body);
    const event = generated.get(id);
    const known = { deliveryReport: 'delivery_report', reply: 'reply', optOut: 'opt_out' };
    const isRight =
      event !== undefined &&
      type === `com.messagemedia.${known[event.kind]}` &&
      [subject, groupId, data.message_id].every((name) => name === event.messageId) &&
      source === 'urn:messagemedia:account:MessageMedia123';
    if (!isRight) yield `${id} was queued as something else (${mmorigin}): ${body}`;
  }
}

test('every event is queued at least once and has one effect, and nothing else is queued, whatever happens when', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.boolean(), async (steps, confirmedByWebhook) => {
      expect(await findLosses(steps, confirmedByWebhook)).toEqual([]);
    }),
    { numRuns: 150 },
  );
}, 120_000);

const late = { lastTryAfter: 23 * hour, givenUp: false, resent: true };
const report = { does: 'webhook', kind: 'deliveryReport', message: 0, ...late } as const;
test.each<[string, Flaws, Step[], string]>([
  [
    'a redrive under the old deduplication id',
    { redriveKeepsIds: true },
    [
      { ...report, after: 0, fate: 'ok' },
      { does: 'consumer', after: 0, count: 1, dies: true },
      { does: 'redrive', after: 0, crashes: false },
    ],
    'had 0 effects',
  ],
  [
    'a keyring without deleted keys',
    { forgetsKeys: true },
    [
      { ...report, after: 0, fate: 'lost' },
      { does: 'rotation', after: 0, killedBefore: false },
    ],
    'unknown_key',
  ],
  ['a tolerance of five minutes', { toleranceSeconds: 300 }, [{ ...report, after: 0, fate: 'lost' }], 'stale_date'],
])('the checks of this test can fail: %s', async (_name, flaws, steps, loss) => {
  expect(await findLosses(steps, false, flaws)).toEqual(expect.arrayContaining([expect.stringContaining(loss)]));
});
