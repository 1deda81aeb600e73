import { createHash, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { idempotencyKey } from '../../lambda/event/queued-event.ts';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { startQueue } from '../../sandbox/aws/queue.ts';
import { startSecrets } from '../../sandbox/aws/secrets.ts';
import { bucket, offload, readSigned, startReceiver } from '../received.ts';
import { keyringOf, makeKey } from '../support.ts';
import type { BadDay } from './bad-days.ts';
import { type Outgoing, receive, sendAll } from './messages.ts';
import { startMortal } from './mortal.ts';
import { type Call, type Fate, startProxy } from './proxy.ts';
import type { LocalTable } from './table.ts';
import { setTries, startMapping } from './virtual-mapping.ts';

const key = makeKey();
const newKey = makeKey();
/** As in `lib/event-queue.ts`. */
export const tries = 200;

/** Where ten events are in the evening. */
export interface Evening {
  /** How often each had its effect, the bad ones first. */
  effects: number[];
  /** Which of them are dead letters. */
  deadLetters: number[];
  hours: number;
  log: readonly string[];
}

/** What all consumers on this machine are told. */
export function environmentOf(queue: { url: string }, table: { url: string }, secrets: { url: string }) {
  return {
    PATH: process.env.PATH ?? '',
    AWS_LAMBDA_FUNCTION_NAME: 'consumer',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: table.url,
    AWS_ENDPOINT_URL_S3: queue.url,
    AWS_ENDPOINT_URL_SQS: queue.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    IDEMPOTENCY_TABLE: 'idempotency',
    OVERFLOW_BUCKET: bucket,
    KEYRING_SECRET_ID: 'keyring',
    NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/consumers', import.meta.url)),
    ON_EVENT: new URL('bad-on-event.ts', import.meta.url).href,
  };
}

/** Gives ten events, each about another message, to a consumer on a bad day. @param command starts it, see `startConsumer` */
export async function spend(day: BadDay, command: readonly string[], table: LocalTable): Promise<Evening> {
  const {
    fault,
    of,
    lasts = Number.POSITIVE_INFINITY,
    hours: most = Number.POSITIVE_INFINITY,
    milliseconds = 3_000,
  } = day;
  const [queue, secrets] = await Promise.all([startQueue(), startSecrets()]);
  const mapping = await startMapping(queue);
  await setTries(queue, tries);
  const [warm, ...events] = await makeEvents(day);
  if (warm === undefined) throw new Error('There is no event');
  const bad = of === 'all' ? events : events.slice(0, 1);
  let isBad = false;
  const isHit = ({ path, body }: Call) =>
    isBad && bad.some(({ marks }) => marks.some((mark) => `${path} ${body}`.includes(mark)));
  const s3 = await startProxy(queue.url, (call) => (isHit(call) ? fates[fault] : undefined));
  const database = await startProxy(
    table.url,
    (call) => (isHit(call) ? fates[fault] : undefined) ?? { changed: later(call.body, mapping.jumped()) },
  );
  const setBad = (next: boolean) => {
    isBad = next;
    secrets.setFailing(next && fault === 'secrets are down');
    const isBroken = next && fault === 'keyring is broken';
    secrets.put('keyring', isBroken ? '{"keys":[{"public_key":"rubbish"}]}' : keyringOf(key));
  };

  const effects = new Map<string, number>();
  const consumer = startMortal(
    command,
    { ...environmentOf(mapping, database, secrets), AWS_ENDPOINT_URL_S3: s3.url },
    ({ eventId }) => effects.set(eventId, (effects.get(eventId) ?? 0) + 1),
  );
  try {
    setBad(false);
    if (of === 'one of ten') {
      await sendAll(queue, [warm.message]);
      await mapping.run((records) => consumer.invoke(records, 10_000, {}));
    }
    for (const { data } of events) if (data) await queue.storage.send(new PutObjectCommand(data));
    await sendAll(
      queue,
      events.map(({ message }) => message),
    );
    const behaviours = Object.fromEntries(bad.map(({ id }) => [id, day.behaviour ?? 'well']));
    const hours = await mapping.run(
      (records, number, hour) => {
        setBad(number < lasts && hour < most);
        const isShort = fault === 'time is short' && !isBad;
        return consumer.invoke(records, isShort ? 3_000 : milliseconds, isBad ? behaviours : {});
      },
      { ofOneAlone: of === 'one of ten' },
    );
    const dead = (await receive(queue.client, queue.deadLetterQueueUrl)).map(({ body }) => JSON.parse(body).id);
    return {
      effects: events.map(({ id }) => effects.get(id) ?? 0),
      deadLetters: events.flatMap(({ id }, index) => (dead.includes(id) ? [index] : [])),
      hours,
      log: consumer.log,
    };
  } finally {
    await consumer.close();
    await Promise.all([mapping, s3, database, queue, secrets].map(({ close }) => close()));
  }
}

/** The table gets the times of the virtual clock. */
function later(body: string, milliseconds: number): string {
  const times = /(":now_in_millis":|"in_progress_expiration":)\s*\{"N":\s*"(\d+)"/g;
  return body.replace(times, (_all, name, time) => `${name}{"N":"${Number(time) + milliseconds}"`);
}

const xml = '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';
const json = (type: string) => JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'No' });
/** What the services answer. */
const fates: Record<string, Fate> = {
  'S3 hangs': 'hangs',
  'S3 denies': { status: 403, body: xml },
  'table hangs': 'hangs',
  'table refuses': { status: 400, body: json('AccessDeniedException') },
  'table throttles': { status: 400, body: json('ProvisionedThroughputExceededException') },
};

interface DayEvent {
  id: string;
  message: Outgoing;
  /** What names it in a call of S3 or DynamoDB. */
  marks: string[];
  /** What S3 has of it. */
  data?: { Bucket: string; Key: string; Body: Uint8Array };
}

/** An event before the bad day, and those on it. */
async function makeEvents({ fault, of, isLarge = false, count = 10 }: BadDay): Promise<DayEvent[]> {
  const needsNewKey = ['secrets are down', 'keyring is broken'].includes(fault) && of === 'one of ten';
  return Promise.all(
    Array.from({ length: count + 1 }, async (_, index) => {
      const id = randomUUID();
      const body = JSON.stringify({ delivery_report_id: id, message_id: randomUUID(), status: 'delivered' });
      const signer = needsNewKey && index === 1 ? newKey : key;
      const webhook = { method: 'POST', target: '/messagemedia', contentType: 'application/json', body } as const;
      const message = await startReceiver(signer)(webhook);
      const { event, signed } = readSigned(message.body);
      const marks = [recordKey(event)];
      if (!isLarge || index === 0) return { id, message, marks };
      const { key: Key, message: pointer } = offload(message.body, signed.body);
      const data = { Bucket: bucket, Key, Body: signed.body };
      return { id, message: { ...message, body: pointer }, marks: [Key], data };
    }),
  );
}

/** The key of an event in the table, the same in both languages. */
export function recordKey(event: Parameters<typeof idempotencyKey>[0]): string {
  const text = JSON.stringify(idempotencyKey(event));
  return `event#${createHash('md5').update(text).digest('base64')}`;
}
