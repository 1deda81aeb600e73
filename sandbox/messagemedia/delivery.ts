import { setTimeout } from 'node:timers/promises';
import { signatureHeaders } from '../../lambda/contract.ts';
import type { WebhookEventName } from '../../lambda/messagemedia/types.ts';
import { type DeliveryAnswer, type deliver, type SigningKey, toWire, type WireRequest } from '../../signing/sender.ts';
import type { Destination } from './destinations.ts';

/** The thing that is delivered: an event with kind and id, or a request that a caller wrote. */
export interface Subject {
  event: WebhookEventName | 'custom';
  /** `delivery_report_id`, `reply_id` or `notification_id`; none for a request that a caller wrote. */
  eventId?: string;
}

export interface Delivery extends Subject {
  /** 1 for the first. */
  attempt: number;
  /** Status of the answer; `undefined` if there was none in time. */
  status: number | undefined;
  /** The key that signed; `undefined` for an unsigned request. */
  keyId: string | undefined;
  origin: string;
  request: WireRequest;
}

export interface DeliveryOptions {
  signingKey: () => SigningKey | undefined;
  /** How long a second of a delay lasts, in milliseconds. */
  secondMilliseconds: number;
  /** The clock of the signed `Date`. */
  now: () => Date;
  deliver: typeof deliver;
  /** A retry repeats the first try byte for byte. Otherwise it gets a new signature with a new `Date`. */
  resendSameBytes: boolean;
}

export function createDelivery(options: DeliveryOptions) {
  const { signingKey, secondMilliseconds, now, resendSameBytes } = options;
  const deliveries: Delivery[] = [];
  const inFlight = new Set<Promise<unknown>>();
  const closing = new AbortController();

  const write = (destination: Destination, attempt: number): WireRequest => {
    const wire = toWire(destination.compose(attempt), signingKey(), now());
    const custom = Object.entries(destination.headers).map(([name, value]) => [name.toLowerCase(), value]);
    return { ...wire, headers: { ...Object.fromEntries(custom), ...wire.headers } };
  };

  const tryOnce = async (subject: Subject, destination: Destination, request: WireRequest, attempt: number) => {
    const { origin, readTimeout } = destination;
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(readTimeout)]);
    const answer = await options.deliver(origin, request, signal).catch(() => undefined);
    const keyId = request.headers[signatureHeaders.keyId];
    deliveries.push({ ...subject, attempt, status: answer?.status, keyId, origin, request });
    return answer;
  };

  /** Tries until one try succeeds or all have failed. @returns the last answer, if there was one */
  const send = async (subject: Subject, destination: Destination): Promise<DeliveryAnswer | undefined> => {
    let request = write(destination, 1);
    for (let attempt = 1; ; attempt++) {
      const answer = await tryOnce(subject, destination, request, attempt);
      const done = answer !== undefined && answer.status >= 200 && answer.status < 300;
      const pause = destination.delays[attempt - 1];
      if (done || pause === undefined) return answer;
      await setTimeout(pause * secondMilliseconds, undefined, { signal: closing.signal }).catch(() => {});
      if (closing.signal.aborted) return answer;
      if (!resendSameBytes) request = write(destination, attempt + 1);
    }
  };

  return {
    deliveries,
    send,
    /** Runs work in the background; only `settled` and `close` wait for it. */
    inBackground: (work: () => Promise<unknown>): void => {
      const running = work().finally(() => inFlight.delete(running));
      inFlight.add(running);
    },
    settled: async (): Promise<void> => {
      while (inFlight.size > 0) await Promise.all(inFlight);
    },
    close: async (): Promise<void> => {
      closing.abort();
      await Promise.all(inFlight);
    },
  };
}
