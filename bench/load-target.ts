import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { countMessages, giveBack, receive } from '../cli/queue/queues.ts';
import { sameId } from '../lambda/keys/keyring-secret.ts';
import type { KeyringStore } from '../lambda/keys/keyring-store.ts';
import { callbackPath, startSandbox } from '../sandbox/sandbox.ts';
import { type DeliveryAnswer, deliver, type SigningKey, type WireRequest } from '../signing/sender.ts';
import { counted } from '../terminal/text.ts';
import { keyringOf, makeKey } from '../test/support.ts';

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
  const key = makeKey('SHA256', 2048);
  const sandbox = await startSandbox({ port: 0, onAnswer: () => {}, keyring: keyringOf(key) });
  const { queue, secrets, restartFunction, url } = sandbox;
  const withoutKeys = (begin: () => void) => () => {
    begin();
    restartFunction();
  };
  return {
    ...{ path: callbackPath, key, queue, close: () => sandbox.close() },
    send: (request) => deliver(url, request, AbortSignal.timeout(patience)),
    outages: [
      [0.2, () => queue.setFailing(true), () => queue.setFailing(false)],
      [0.35, () => queue.setDelay(tooLong), () => queue.setDelay(0)],
      [0.5, withoutKeys(() => secrets.setFailing(true)), () => secrets.setFailing(false)],
      [0.65, withoutKeys(() => secrets.setDelay(tooLong)), () => secrets.setDelay(0)],
      [0.8, () => void restartFunction(), () => {}],
    ],
  };
}

type Stack = Pick<LoadTarget, 'queue'> &
  Partial<Pick<LoadTarget, 'send'>> & { callbackUrl: string; keyring: KeyringStore };

/**
 * A deployed stack, with a key of its own in the keyring until the end.
 *
 * @throws {Error} when its queue is not empty, because each receive of an event on it costs a try
 */
export async function stackTarget({ callbackUrl, keyring, queue, send }: Stack): Promise<LoadTarget> {
  const { origin, pathname } = new URL(callbackUrl);
  await expectEmpty(queue);
  const key = makeKey('SHA256', 2048);
  const { enabled: _enabled, ...entry } = key.answer;
  await keyring.update((entries) => [...entries, entry]);
  // A function reads the keyring again for an unknown key, at most every 3 s.
  await sleep(4_000);
  return {
    ...{ path: pathname, key, queue, outages: [] },
    send: send ?? ((request) => deliver(origin, request, AbortSignal.timeout(patience))),
    close: () => keyring.update((entries) => entries.filter(({ key_id }) => !sameId(key_id, key.id))),
  };
}

/** A count may be a minute old, so that it is 0 is no proof. */
async function expectEmpty({ client, queueUrl }: LoadTarget['queue']): Promise<void> {
  const { waiting, inFlight } = await countMessages(client, queueUrl);
  const shown = waiting + inFlight > 0 ? [] : await receive(client, queueUrl);
  await giveBack(client, queueUrl, shown);
  const found = Math.max(waiting + inFlight, shown.length);
  if (found === 0) return;
  const problem = `${queueUrl} has about ${counted(found, 'message')}`;
  throw new Error(`${problem}, and the load would spend tries of them: load a stack with an empty queue.`);
}
