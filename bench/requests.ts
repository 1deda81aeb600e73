import { fork } from 'node:child_process';
import { createPublicKey, verify as rsaVerify } from 'node:crypto';
import { once } from 'node:events';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createQueueSender } from '../lambda/event/queue-sender.ts';
import { createKeyring } from '../lambda/keys/keyring-cache.ts';
import { createReceiver } from '../lambda/receiver/receiver.ts';
import { signedBytes, verify } from '../lambda/signature.ts';
import { toWire } from '../sandbox/sender.ts';
import { sampleWebhooks } from '../sandbox/webhooks.ts';
import { httpApiEvent, keyringOf, makeKey } from '../test/support.ts';
import { measure, type Samples } from './rounds.ts';

const keys = Array.from({ length: 100 }, () => makeKey('SHA256', 2048));
const [key] = keys as [(typeof keys)[number]];
const stranger = makeKey('SHA256', 2048);
const { smsReply } = sampleWebhooks('/messagemedia');
const megabyte = { ...smsReply, body: JSON.stringify({ reply_id: 'r-1', content: 'a'.repeat(1_000_000) }) };

/** The event of a webhook. */
const eventOf = (webhook = smsReply, signer = key) => httpApiEvent(toWire(webhook, signer));

/** CPU time of all kinds of requests, measured in turns. The queue runs in another process. */
export async function measureRequests(rounds: number): Promise<Record<string, Samples>> {
  const server = fork(new URL('./sqs.ts', import.meta.url));
  const [endpoint] = (await once(server, 'message')) as [string];
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const sqs = new SQSClient({ endpoint, region: 'us-east-1', credentials, useQueueUrlAsEndpoint: false, md5: false });
  const QueueUrl = `${endpoint}/000000000000/events.fifo`;
  const receiverOf = (count: number) =>
    createReceiver({
      keyring: createKeyring({ load: async () => keyringOf(...keys.slice(0, count)), now: Date.now, warn: () => {} }),
      send: createQueueSender(sqs, QueueUrl),
      now: Date.now,
      toleranceSeconds: 900,
      report: () => {},
    });
  const [one, ten, hundred] = [receiverOf(1), receiverOf(10), receiverOf(100)];
  const good = eventOf();
  const large = eventOf({ ...megabyte, body: megabyte.body.slice(0, 900_000).concat('"}') });
  const unsigned = httpApiEvent(toWire(smsReply, undefined));
  const forged = eventOf(smsReply, { ...stranger, id: key.id });
  const bare = (event: typeof good) => {
    const MessageBody = Buffer.from(event.body, 'base64').toString('utf8');
    return () =>
      sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: 'g', MessageDeduplicationId: 'd' }));
  };
  const answers = (receive: typeof one, event: object, status: number) => async () => {
    const { statusCode } = await receive(event, 'i');
    if (statusCode !== status) throw new Error(`It was answered with ${statusCode} instead of ${status}`);
  };
  const samples = {
    ...(await measure(
      {
        accepted: answers(one, good, 202),
        tenKeys: answers(ten, good, 202),
        hundredKeys: answers(hundred, good, 202),
        send: bare(good),
        unsigned: answers(one, unsigned, 401),
        forged: answers(one, forged, 401),
      },
      { rounds, times: 40 },
    )),
    ...(await measure({ acceptedLarge: answers(one, large, 202), sendLarge: bare(large) }, { rounds, times: 4 })),
  };
  sqs.destroy();
  server.disconnect();
  return samples;
}

/** Our check of a signature, Node's own with a parsed key, and the way of MessageMedia's samples, which parses the key each time. */
export async function measureVerification(rounds: number): Promise<Record<'ours' | 'bare' | 'keyAnew', Samples>> {
  const { headers, method, target, body } = toWire(smsReply, key);
  const request = { method, target, date: headers.date ?? '', body };
  const signature = headers['x-messagemedia-signature'] ?? '';
  const bytes = signedBytes(request);
  const signatureBytes = Buffer.from(signature, 'base64');
  const pem = key.publicKey.export({ type: 'spki', format: 'pem' });
  return measure(
    {
      ours: () => verify(request, signature, key.publicKey, 'SHA256'),
      bare: () => rsaVerify('SHA256', bytes, key.publicKey, signatureBytes),
      keyAnew: () => rsaVerify('SHA256', bytes, createPublicKey(pem), signatureBytes),
    },
    { rounds, times: 300 },
  );
}
