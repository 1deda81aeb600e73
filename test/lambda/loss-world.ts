import { setImmediate } from 'node:timers/promises';
import { defaultTimestampToleranceSeconds } from '../../lambda/contract.ts';
import { createKeyring } from '../../lambda/keys/keyring-cache.ts';
import { writeEntries } from '../../lambda/keys/keyring-secret.ts';
import { createRotation } from '../../lambda/keys/rotation.ts';
import { createReceiver, type Outcome } from '../../lambda/receiver/receiver.ts';
import { reconcile } from '../../lambda/reconcile/reconcile.ts';
import type { ReconciliationResult } from '../../lambda/reconcile/reconciliation-run.ts';
import type { WireRequest } from '../../signing/sender.ts';
import { httpApiEvent } from '../support.ts';
import { ModelKeyring } from './model-keyring.ts';
import { ModelProvider, type VendorEvent } from './model-provider.ts';
import { ModelQueue } from './model-queue.ts';

export const minute = 60_000;
export const hour = 60 * minute;

/** Result of a call to the queue: the message is accepted, it is not, or it is accepted and the answer says it is not. */
export type QueueFate = 'ok' | 'down' | 'half';

/** Result of a try of a webhook. Besides the results of the queue, the request or its answer may be lost on the way. */
export type WebhookFate = QueueFate | 'lost' | 'unheard';

/** Result of a search of the log: new lines are found at once, after two minutes, or the search fails. */
export type LogFate = 'whole' | 'late' | 'fails';

/**
 * A receiver, its keys, its queue and MessageMedia, all in memory, with a simulated clock. Receiver, keyring, rotation and
 * reconciliation are the real ones. They wait only for this clock, so it can stand still until all of them sleep.
 */
export class LossWorld {
  time = Date.UTC(2026, 10, 23, 9);
  readonly provider = new ModelProvider(() => this.time);
  readonly queue: ModelQueue;
  /** Genuine webhooks that arrived and were refused. */
  readonly refused: string[] = [];
  readonly problems: unknown[] = [];
  private queueFate: QueueFate = 'ok';
  private readonly keyring = new ModelKeyring();
  private readonly log: { at: number; id: string }[] = [];
  private latest: Outcome | undefined;
  private readonly receivers: ReturnType<typeof createReceiver>[];
  private sleepers: { until: number; wake: () => void; killable: boolean }[] = [];
  private rotating: symbol | undefined;
  private requests = 0;

  private constructor(flaws: Flaws) {
    this.queue = new ModelQueue(() => this.time, flaws.redriveKeepsIds ?? false);
    const toleranceSeconds = flaws.toleranceSeconds ?? defaultTimestampToleranceSeconds;
    // Two functions, which do not read the keyring at the same time.
    this.receivers = [0, 1].map(() => {
      const load = async () =>
        writeEntries(this.keyring.entries.filter((entry) => !(flaws.forgetsKeys && entry.deleted_at)));
      const now = () => this.time;
      const keyring = createKeyring({ load, now, warn: () => {} });
      const report = (outcome: Outcome) => this.note(outcome);
      return createReceiver({ keyring, now, toleranceSeconds, send: (message) => this.send(message), report });
    });
  }

  /** With one key in use. */
  static async start(flaws: Flaws = {}): Promise<LossWorld> {
    const world = new LossWorld(flaws);
    await world.rotation().create();
    await world.rotation().enable({ atOnce: true });
    return world;
  }

  /** Lets time pass, and stops whenever a sleeper wakes up. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      await setImmediate();
      const next = this.sleepers.toSorted((one, other) => one.until - other.until)[0];
      if (next === undefined || next.until > end) break;
      this.time = Math.max(this.time, next.until);
      this.sleepers = this.sleepers.filter((sleeper) => sleeper !== next);
      next.wake();
    }
    this.time = end;
  }

  /** An event happens, and MessageMedia tries to deliver its webhook. */
  async webhook(event: VendorEvent, fate: WebhookFate): Promise<void> {
    this.provider.add(event);
    event.first = this.provider.write(event);
    await this.deliver(event, event.first, fate);
    if (event.lastTryAfter === undefined) return;
    this.sleep(event.lastTryAfter).then(() => this.retry(event, 'ok', event.resent));
  }

  /** Another try, unless there was a 2xx. @param resent with the first signature, else with a new one */
  async retry(event: VendorEvent, fate: WebhookFate, resent: boolean): Promise<void> {
    if (event.heard) return;
    await this.deliver(event, resent && event.first ? event.first : this.provider.write(event), fate);
  }

  private async deliver(event: VendorEvent, request: WireRequest, fate: WebhookFate): Promise<void> {
    if (fate === 'lost') return;
    const status = await this.withQueue(fate === 'unheard' ? 'ok' : fate, () => this.post(request));
    const expected = fate === 'down' || fate === 'half' ? 503 : 202;
    if (status !== expected) this.refused.push(`${event.id} at ${new Date(this.time).toISOString()}: ${this.last()}`);
    if (status === 202 && fate !== 'unheard') this.provider.hear(event);
  }

  /** Somebody who has seen a genuine request sends it again. It is still genuine. */
  async replay({ first }: VendorEvent): Promise<void> {
    if (first) await this.post(first);
  }

  private async post(request: WireRequest): Promise<number> {
    const receiver = this.receivers[++this.requests % this.receivers.length];
    return (await receiver?.(httpApiEvent(request), 'invocation'))?.statusCode ?? 0;
  }

  /** Begins a rotation, or continues one that was killed. Other things happen while it waits. */
  rotate(): void {
    if (this.rotating) return;
    const self = Symbol('rotation');
    this.rotating = self;
    this.rotation()
      .run()
      .catch((error) => this.problems.push(error))
      .finally(() => {
        if (this.rotating === self) this.rotating = undefined;
      });
  }

  /** Kills the rotation: if it waits, it never wakes up. */
  killRotation(): void {
    const left = this.sleepers.filter(({ killable }) => !killable);
    if (left.length < this.sleepers.length) this.rotating = undefined;
    this.sleepers = left;
  }

  private rotation() {
    return createRotation({
      provider: this.provider.api,
      keyring: this.keyring,
      digest: 'SHA256',
      now: () => this.time,
      pause: (milliseconds) => this.sleep(milliseconds, true),
      log: () => {},
    });
  }

  async reconcile(
    options: { since: number; confirm: boolean },
    queue: QueueFate = 'ok',
    log: LogFate = 'whole',
  ): Promise<ReconciliationResult> {
    const recovered = ({ id }: { id: string }) => this.log.push({ at: this.time, id: id.toLowerCase() });
    const seen = async (ids: readonly string[], since: Date) => {
      if (log === 'fails') throw new Error('the log cannot be searched');
      const until = this.time - (log === 'late' ? 2 * minute : 0);
      const found = this.log.filter(({ at }) => at >= since.getTime() && at <= until).map(({ id }) => id);
      return new Set(ids.filter((id) => found.includes(id)));
    };
    const send = (message: Parameters<ModelQueue['send']>[0]) => this.send(message);
    const now = () => this.time;
    return this.withQueue(queue, () =>
      reconcile(
        { provider: this.provider.api, send, seen, now, recovered, pause: async () => {} },
        { ...options, command: 'npx mmw reconcile' },
      ),
    );
  }

  private async withQueue<Result>(fate: QueueFate, work: () => Promise<Result>): Promise<Result> {
    this.queueFate = fate;
    try {
      return await work();
    } finally {
      this.queueFate = 'ok';
    }
  }

  private async send(message: Parameters<ModelQueue['send']>[0]): Promise<void> {
    if (this.queueFate === 'down') throw new Error('the queue is down');
    this.queue.send(message);
    if (this.queueFate === 'half') throw new Error('the answer was lost');
  }

  private note(outcome: Outcome): void {
    this.latest = outcome;
    if (outcome.outcome === 'accepted' && outcome.id) this.log.push({ at: this.time, id: outcome.id.toLowerCase() });
  }

  private last(): string {
    return this.latest && 'reason' in this.latest ? `${this.latest.reason}, ${this.latest.error}` : 'accepted';
  }

  private sleep(milliseconds: number, killable = false): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.sleepers.push({ until: this.time + milliseconds, wake: resolve, killable });
    return promise;
  }
}

/** Deliberate mistakes, with which the test is tested. */
export interface Flaws {
  redriveKeepsIds?: boolean;
  /** Functions drop a key that was deleted at MessageMedia. */
  forgetsKeys?: boolean;
  toleranceSeconds?: number;
}
