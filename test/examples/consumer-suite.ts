import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { toPolledEntry } from '../../lambda/reconcile/polled-event.ts';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { type LocalSecrets, startSecrets } from '../../sandbox/aws/secrets.ts';
import type { Webhook } from '../../signing/sender.ts';
import { bucket, offload, readSigned, startReceiver, webhooksOfEveryForm } from '../received.ts';
import { keyringOf, makeKey } from '../support.ts';
import { environmentOf, recordKey } from './bad-day.ts';
import { drain, type Invoke } from './event-source-mapping.ts';
import { count, type Outgoing, receive as receiveAll, redrive, sendAll, toRecord } from './messages.ts';
import { type Consumer, type Effect, startConsumer } from './process.ts';
import { type LocalTable, startTable } from './table.ts';

const key = makeKey();
const receive = startReceiver(key);

/** A report about a message. Its id begins with the message's id. */
function report(message: string, index = 0): Webhook {
  const body = JSON.stringify({ delivery_report_id: `${message}/${index}`, message_id: message, status: 'delivered' });
  return { method: 'POST', target: '/messagemedia', contentType: 'application/json', body };
}

/** Tests that every consumer must pass, in any language. @param command starts it, see `startConsumer` */
export function describeConsumer(name: string, command: readonly string[]): void {
  describe(name, () => {
    let table: LocalTable;
    let secrets: LocalSecrets;
    let queue: LocalQueue;
    let running: Consumer[];
    let effects: Effect[];
    beforeAll(async () => {
      [table, secrets] = await Promise.all([startTable(), startSecrets()]);
    });
    afterAll(() => Promise.all([table.close(), secrets.close()]));
    beforeEach(async () => {
      queue = await startQueue();
      secrets.put('keyring', keyringOf(key));
      running = [];
      effects = [];
    });
    afterEach(async () => {
      await Promise.all(running.map((consumer) => consumer.close()));
      await queue.close();
    });

    const start = (more: Record<string, string> = {}): Consumer => {
      const { ON_EVENT: _bad, ...environment } = { ...environmentOf(queue, table, secrets), ...more };
      const consumer = startConsumer(command, environment, (effect) => effects.push(effect));
      running.push(consumer);
      return consumer;
    };
    const ids = () => effects.map(({ eventId }) => eventId).sort();
    const queued = (webhooks: readonly Webhook[]) => Promise.all(webhooks.map(receive));

    test('handles an event of every form once, wherever its data is', async () => {
      const s3 = new S3Client({ endpoint: queue.url, region: 'us-east-1', credentials: localCredentials });
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      const inline = await queued(Object.values(webhooksOfEveryForm(`/${randomUUID()}`)));
      const [large] = await queued([report(randomUUID())]);
      if (large === undefined) throw new Error('nothing was queued');
      const { body } = readSigned(large.body).signed;
      const pointer = offload(large.body, body);
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: pointer.key, Body: body }));
      s3.destroy();

      await sendAll(queue, [...inline, { ...large, body: pointer.message }]);
      const consumer = start();
      await drain(queue, consumer.invoke);
      expect(ids()).toEqual([...inline, large].map(({ id }) => id).sort());
      expect(await count(queue.client, queue.deadLetterQueueUrl)).toBe(0);
    });

    test('fails the group of a poison message and no other, in the order of the batch', async () => {
      const [a, b] = [randomUUID(), randomUUID()];
      const events = await queued([report(a, 0), report(b, 0), report(a, 1), report(b, 1)]);
      const batch = (bodies: (string | undefined)[]) => ({
        Records: bodies.map((body = '', index) =>
          toRecord(
            { messageId: `message-${index}`, receiptHandle: '', md5OfBody: '', body },
            { MessageGroupId: events[index]?.groupId ?? '' },
          ),
        ),
      });
      const consumer = start();
      const poisoned = await consumer.invoke(batch(['poison', ...events.slice(1).map(({ body }) => body)]));
      expect(poisoned).toEqual({
        batchItemFailures: [{ itemIdentifier: 'message-0' }, { itemIdentifier: 'message-2' }],
      });
      expect(effects).toMatchObject([{ eventId: `${b}/0` }, { eventId: `${b}/1` }]);
      expect(await consumer.invoke(batch(events.map(({ body }) => body)))).toEqual({ batchItemFailures: [] });
      expect(effects.slice(2)).toMatchObject([{ eventId: `${a}/0` }, { eventId: `${a}/1` }]);
    });

    test('gives up on a poison message after its tries, and handles it when it is redriven', async () => {
      const stranger = makeKey();
      const poison = await startReceiver(stranger)(report(randomUUID()));
      const [behind, ...others] = await queued([report(poison.groupId, 1), report(randomUUID()), report(randomUUID())]);
      if (behind === undefined) throw new Error('nothing was queued');
      const rubbish: Outgoing = { body: 'no event', groupId: randomUUID(), deduplicationId: randomUUID() };
      await sendAll(queue, [poison, rubbish, behind, ...others]);

      const consumer = start();
      let tries = 0;
      const counting: Invoke = (event) => {
        tries += event.Records.filter(({ body }) => body === poison.body).length;
        return consumer.invoke(event);
      };
      await drain(queue, counting);
      expect(tries).toBe(5);
      expect(ids()).toEqual([behind, ...others].map(({ id }) => id).sort());
      expect(await count(queue.client, queue.deadLetterQueueUrl)).toBe(2);

      // The cause is removed: the keyring gets the key that signed.
      secrets.put('keyring', keyringOf(key, stranger));
      const mended = start();
      await redrive(queue);
      await drain(queue, mended.invoke);
      expect(effects.slice(3)).toMatchObject([{ eventId: poison.id }]);
      expect(await count(queue.client, queue.deadLetterQueueUrl)).toBe(1);
    });

    test('skips what comes out of the archive, or handles it anew on purpose, once for each replay', async () => {
      const [event] = await queued([report(randomUUID())]);
      if (event === undefined) throw new Error('nothing was queued');
      let copies = 0;
      const sendReplay = (replayId?: string) => {
        const body = replayId === undefined ? event.body : event.body.replace('{', `{"mmreplay":"${replayId}",`);
        return sendAll(queue, [{ ...event, body, deduplicationId: `copy-${++copies}` }]);
      };
      const skipping = start();
      await sendReplay();
      await sendReplay('first');
      await drain(queue, skipping.invoke);
      expect(ids()).toEqual([event.id]);

      const handling = start({ REPLAYS: 'handle' });
      for (const replayId of ['first', 'first', undefined, 'second']) await sendReplay(replayId);
      await drain(queue, handling.invoke);
      expect(ids()).toEqual([event.id, event.id, event.id]);
      expect(await count(queue.client, queue.deadLetterQueueUrl)).toBe(0);
    }, 60_000);

    test('handles what was polled, unless it is to refuse it', async () => {
      const polled = (replyId: string) => toPolledEntry('reply', { reply_id: replyId, message_id: replyId }, 0).message;
      const [one, two] = [polled(randomUUID()), polled(randomUUID())];
      await sendAll(queue, [one]);
      await drain(queue, start().invoke);
      await sendAll(queue, [two, ...(await queued([report(randomUUID())]))]);
      await drain(queue, start({ POLLED: 'refuse' }).invoke);
      expect([ids().length, ids().includes(one.id), ids().includes(two.id)]).toEqual([2, true, false]);
      expect(await count(queue.client, queue.deadLetterQueueUrl)).toBe(1);
    });

    test.each([
      ['frees an event whose record has no end', 3_600, 1],
      ['leaves an event that another may be handling', 60, 0],
    ])('%s', async (_name, secondsAgo, times) => {
      const [event] = await queued([report(randomUUID())]);
      if (event === undefined) throw new Error('nothing was queued');
      const begun = Math.round(Date.now() / 1000) - secondsAgo;
      await table.put({
        id: { S: recordKey(readSigned(event.body).event) },
        status: { S: 'INPROGRESS' },
        expiration: { N: String(begun + 60 * 24 * 60 * 60) },
      });
      await sendAll(queue, [event]);
      await start()
        .invoke({ Records: await receiveAll(queue.client, queue.queueUrl) })
        .catch(() => {});
      expect(effects).toHaveLength(times);
    });

    test('gives 200 events that come twice one effect each, and those of a message in the order sent', async () => {
      const messages = Array.from({ length: 40 }, () => randomUUID());
      const reports = [0, 1, 2, 3, 4].flatMap((index) => messages.map((message) => report(message, index)));
      const events = await queued(reports);
      const again = events.map((event) => ({ ...event, deduplicationId: `again-${event.deduplicationId}` }));
      await sendAll(
        queue,
        events.flatMap((event, index) => [event, again[index] ?? event]),
      );

      const consumers = [start(), start()] as const;
      await drain(queue, consumers[0].invoke, consumers[1].invoke);
      expect(ids()).toEqual(events.map(({ id }) => id).sort());
      const said = (message: string) =>
        consumers
          .flatMap(({ log }) => log)
          .filter((line) => line.includes(`"message":"${message}"`))
          .map((line) => JSON.parse(line).eventId)
          .sort();
      expect(said('handled')).toEqual(ids());
      expect([...new Set(said('skipped: it was handled before'))]).toEqual(ids());
      const handled = Map.groupBy(effects, ({ subject = '' }) => subject);
      for (const message of messages) {
        expect(handled.get(message)?.map(({ eventId }) => eventId)).toEqual(
          [0, 1, 2, 3, 4].map((index) => `${message}/${index}`),
        );
      }
      expect(await count(queue.client, queue.deadLetterQueueUrl)).toBe(0);
    }, 120_000);
  });
}
