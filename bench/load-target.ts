import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { countMessages } from '../cli/queue/queues.ts';
import { sameId } from '../lambda/keys/keyring-secret.ts';
import type { KeyringStore } from '../lambda/keys/keyring-store.ts';
import { rotateNow } from '../sandbox/inspector/actions.ts';
import { callbackPath, startSandbox } from '../sandbox/sandbox.ts';
import { type DeliveryAnswer, deliver, type SigningKey, type WireRequest } from '../signing/sender.ts';
import { makeKey } from '../test/support.ts';

/** How long a request may take, in milliseconds: MessageMedia waits for 20 s. */
const patience = 20_000;

/** In milliseconds. The function gives a try up earlier, and the queue takes its message nevertheless. */
const tooLong = 2_500;

/** A receiver to load. */
export interface LoadTarget {
  /** Path of its callback URL. */
  path: string;
  /** A key that it knows. */
  key: SigningKey;
  send: (request: WireRequest) => Promise<DeliveryAnswer>;
  queue: { client: SQSClient; queueUrl: string };
  /** What fails or is slow for three seconds each, and after which share of the requests. */
  outages: [share: number, begin: () => void, end: () => void][];
  close: () => Promise<void>;
}

/** The sandbox of `npm start`, in this process. */
export async function sandboxTarget(): Promise<LoadTarget> {
  const sandbox = await startSandbox({ port: 0, onAnswer: () => {} });
  await rotateNow(sandbox);
  const key = sandbox.provider.signingKey();
  if (key === undefined) throw new Error('The sandbox has no key enabled');
  const { queue, secrets, restartFunction, url } = sandbox;
  const withoutKeys = (begin: () => void) => () => {
    begin();
    restartFunction();
  };
  return {
    path: callbackPath,
    key,
    send: (request) => deliver(url, request, AbortSignal.timeout(patience)),
    queue,
    outages: [
      [0.2, () => queue.setFailing(true), () => queue.setFailing(false)],
      [0.35, () => queue.setDelay(tooLong), () => queue.setDelay(0)],
      [0.5, withoutKeys(() => secrets.setFailing(true)), () => secrets.setFailing(false)],
      [0.65, withoutKeys(() => secrets.setDelay(tooLong)), () => secrets.setDelay(0)],
      [0.8, () => void restartFunction(), () => {}],
    ],
    close: () => sandbox.close(),
  };
}

/** A deployed stack. */
export interface StackOptions {
  callbackUrl: string;
  keyring: KeyringStore;
  queue: LoadTarget['queue'];
  /** @default - sends to the callback URL */
  send?: LoadTarget['send'];
}

/**
 * A deployed stack, with a key of its own in the keyring until the end.
 *
 * @throws {Error} when its queue is not empty, because the events on it would be received and deleted
 */
export async function stackTarget({ callbackUrl, keyring, queue, send }: StackOptions): Promise<LoadTarget> {
  const { origin, pathname } = new URL(callbackUrl);
  const { waiting, inFlight } = await countMessages(queue.client, queue.queueUrl);
  if (waiting + inFlight > 0) {
    throw new Error(
      `${queue.queueUrl} has ${waiting + inFlight} messages, which would be deleted: load a stack with an empty queue.`,
    );
  }
  const key = makeKey('SHA256', 2048);
  const { enabled: _enabled, ...entry } = key.answer;
  await keyring.update((entries) => [...entries, entry]);
  // A function reads the keyring again for an unknown key, at most every 3 s.
  await sleep(4_000);
  return {
    path: pathname,
    key,
    send: send ?? ((request) => deliver(origin, request, AbortSignal.timeout(patience))),
    queue,
    outages: [],
    close: () => keyring.update((entries) => entries.filter(({ key_id }) => !sameId(key_id, key.id))),
  };
}
