import { fork } from 'node:child_process';
import { once } from 'node:events';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { signatureHeaders } from '../lambda/contract.ts';
import { createQueueSender, queueSettings } from '../lambda/event/queue-sender.ts';
import { createKeyring } from '../lambda/keys/keyring-cache.ts';
import { answerWithin, clientSettings, deadlines } from '../lambda/receiver/client-settings.ts';
import { createReceiver, type ReceiverDependencies } from '../lambda/receiver/receiver.ts';
import { localCredentials } from '../sandbox/aws/credentials.ts';
import { sampleWebhooks } from '../signing/sample-webhooks.ts';
import { toWire } from '../signing/sender.ts';
import { httpApiEvent, keyringOf, makeKey } from '../test/support.ts';

export const keys = Array.from({ length: 100 }, () => makeKey('SHA256', 2048));
/** The key that signs. Every receiver has it. */
export const [key] = keys as [(typeof keys)[number]];
/** A key that no receiver has. */
const stranger = makeKey('SHA256', 2048);

export const { smsReply } = sampleWebhooks('/messagemedia');

type Receiver = ReturnType<typeof createReceiver>;

/** The event of a signed webhook. */
export const eventOf = (webhook = smsReply) => httpApiEvent(toWire(webhook, key));

/** The event of a webhook that somebody else signed and that names our key. */
export const forgedEventOf = (webhook = smsReply) => httpApiEvent(toWire(webhook, { ...stranger, id: key.id }));

/** The same event without the id of its key. */
export function withoutKeyId({ headers, ...event }: ReturnType<typeof httpApiEvent>) {
  const { [signatureHeaders.keyId]: _, ...others } = headers;
  return { ...event, headers: others };
}

/** A receiver with the first `count` keys. Unless told otherwise, its queue and its bucket take everything at no cost. */
export function receiverOf(count: number, outside: Partial<ReceiverDependencies> = {}): Receiver {
  return createReceiver({
    keyring: createKeyring({ load: async () => keyringOf(...keys.slice(0, count)), now: Date.now, warn: () => {} }),
    send: async () => {},
    store: async () => 's3://bucket/data',
    now: Date.now,
    toleranceSeconds: 900,
    answerWithin,
    report: () => {},
    ...outside,
  });
}

/** One request. @throws {Error} when it is not answered with this status, because then something else was measured */
export function answers(receive: Receiver, event: object, status: number) {
  return async () => {
    const { statusCode } = await receive(event, 'i');
    if (statusCode !== status) throw new Error(`It was answered with ${statusCode} instead of ${status}`);
  };
}

/** Starts `aws.ts`, with TLS if it gets a certificate, its private key and a keyring. */
export async function startAws(...tls: string[]): Promise<{ url: string; stop: () => void }> {
  const server = fork(new URL('./aws.ts', import.meta.url), tls, { execArgv: [] });
  const [url] = (await once(server, 'message')) as [string];
  return { url, stop: () => server.disconnect() };
}

/**
 * Runs with an SQS in another process. `send` sends as the function does, with its settings and its deadline; `sendBare` is
 * only the SDK's call, with the SDK's own settings.
 */
export async function withQueue<Result>(
  run: (queue: { send: ReceiverDependencies['send']; sendBare: (text: string) => Promise<unknown> }) => Promise<Result>,
): Promise<Result> {
  const { url: endpoint, stop } = await startAws();
  const place = { endpoint, region: 'us-east-1', credentials: localCredentials };
  const [sqs, bare] = [new SQSClient({ ...clientSettings(), ...queueSettings, ...place }), new SQSClient(place)];
  const QueueUrl = `${endpoint}/000000000000/events.fifo`;
  const ids = { MessageGroupId: 'g', MessageDeduplicationId: 'd' };
  try {
    return await run({
      send: createQueueSender(sqs, QueueUrl, deadlines.send),
      sendBare: (MessageBody) => bare.send(new SendMessageCommand({ QueueUrl, MessageBody, ...ids })),
    });
  } finally {
    sqs.destroy();
    bare.destroy();
    stop();
  }
}
