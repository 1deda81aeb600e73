import { setTimeout as sleep } from 'node:timers/promises';
import { oneDigitDate } from '../lambda/signature.ts';
import { sampleWebhooks, withFreshIds } from '../signing/sample-webhooks.ts';
import { deliver, type SigningKey, toWire, type Webhook } from '../signing/sender.ts';

/** How long an answer may take, in milliseconds. */
export const longestDelivery = 30_000;

export interface Simulation {
  url: string;
  /** Signs; `undefined` for unsigned requests. */
  key: SigningKey | undefined;
  /** Webhooks a second, whether or not earlier ones are answered. */
  rate: number;
  count: number;
  /** Whether the days 1 to 9 have one digit in the signed `Date`. */
  oneDigitDays?: boolean | undefined;
  onAnswer?: (answered: number) => void;
}

/** Result of a simulation. Times are in milliseconds. */
export interface SimulationResult {
  sent: number;
  statuses: Record<string, number>;
  /** How many got no answer within 30 s. */
  unanswered: number;
  latency: { median: number; p95: number; max: number };
}

/** Sends webhooks of every kind at a rate, each with its own ids. */
export async function simulate(simulation: Simulation): Promise<SimulationResult> {
  const { url, key, rate, count, oneDigitDays, onAnswer } = simulation;
  const { origin, pathname } = new URL(url);
  const samples = Object.values(sampleWebhooks(pathname));
  const begun = performance.now();
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  let unanswered = 0;
  const send = async (webhook: Webhook) => {
    const sentAt = performance.now();
    try {
      const date = new Date();
      const request = toWire(withFreshIds(webhook), key, oneDigitDays ? oneDigitDate(date) : date);
      const { status } = await deliver(origin, request, AbortSignal.timeout(longestDelivery));
      statuses[status] = (statuses[status] ?? 0) + 1;
    } catch {
      unanswered += 1;
    }
    latencies.push(performance.now() - sentAt);
    onAnswer?.(latencies.length);
  };
  const calls: Promise<void>[] = [];
  for (let index = 0; index < count; index++) {
    const due = begun + (index * 1000) / rate - performance.now();
    if (due > 0) await sleep(due);
    const webhook = samples[index % samples.length];
    if (webhook) calls.push(send(webhook));
  }
  await Promise.all(calls);
  return { sent: count, statuses, unanswered, latency: summarize(latencies) };
}

function summarize(latencies: readonly number[]): SimulationResult['latency'] {
  const sorted = latencies.toSorted((one, other) => one - other);
  const at = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  return { median: at(0.5), p95: at(0.95), max: at(1) };
}
