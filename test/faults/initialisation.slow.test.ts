import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readyWithin } from '../../lambda/warm-up.ts';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { type LocalSecrets, startSecrets } from '../../sandbox/aws/secrets.ts';
import { toWire } from '../../signing/sender.ts';
import { startFirehose, streamNames } from '../firehose.ts';
import { httpApiEvent, keyringOf, makeKey, receiverEnvironment } from '../support.ts';
import { type Certificate, makeCertificate } from '../tls-server.ts';
import { bundleForTest, createGate } from './entry.ts';
import { type Fault, type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { startProcess } from './function-process.ts';
import { runTable } from './table.ts';
import { startTlsStandIn, type TlsStandIn } from './tls-stand-in.ts';

/** MessageMedia waits so long, in milliseconds. It begins to wait before the function starts. */
const senderWaits = 20_000;

/** The services of one function, each behind its faults. */
interface World {
  secrets: FaultProxy;
  sqs: TlsStandIn;
  firehose: TlsStandIn;
}

interface FaultAtStart {
  name: string;
  /** The answer to the first webhook while the fault lasts. */
  lasting: 202 | 503;
  /** How late Secrets Manager answers, in milliseconds. */
  late?: number;
  isArchiving?: boolean;
  begin?: (world: World) => unknown;
  end?: (world: World) => unknown;
}

interface Case extends FaultAtStart {
  /** The answer to the first webhook. After a 503 the fault ends, and the webhook comes again. */
  status: 202 | 503;
  endsBefore: boolean;
}

const keyring = (name: string, lasting: 202 | 503, fault: Fault, late = 0): FaultAtStart => ({
  ...{ name: `Secrets Manager ${name}`, lasting, late },
  begin: ({ secrets }) => secrets.begin(fault),
  end: ({ secrets }) => secrets.end(),
});

const faults: FaultAtStart[] = [
  keyring('hangs', 503, 'hangs'),
  keyring('refuses connections', 503, 'connection refused'),
  keyring('denies access', 503, '4xx'),
  keyring('answers after 1 s', 202, 'slow', 1_000),
  // A try ends after 2 s.
  keyring('answers after 3 s', 503, 'slow', 3_000),
  {
    ...{ name: 'SQS accepts connections and then says nothing', lasting: 503 },
    begin: ({ sqs }) => sqs.swallow(),
    end: ({ sqs }) => sqs.recover(),
  },
  {
    ...{ name: 'SQS refuses connections', lasting: 503 },
    begin: ({ sqs }) => sqs.refuse(),
    end: ({ sqs }) => sqs.recover(),
  },
  {
    ...{ name: 'Firehose accepts connections and then says nothing', lasting: 202, isArchiving: true },
    begin: ({ firehose }) => firehose.swallow(),
    end: ({ firehose }) => firehose.recover(),
  },
];

const undisturbed: Case = { name: 'nothing fails', lasting: 202, status: 202, endsBefore: false };
const cases: Case[] = [
  undisturbed,
  { ...undisturbed, name: 'nothing fails, with an archive', isArchiving: true },
  ...faults.flatMap((fault): Case[] => [
    { ...fault, name: `${fault.name}, also when the webhook comes`, status: fault.lasting, endsBefore: false },
    { ...fault, name: `${fault.name}, until the function is initialised`, status: 202, endsBefore: true },
  ]),
];

interface Result {
  /** When the function was initialised and when it answered, in milliseconds after the start of its process. */
  initialised: number;
  /** Connections to SQS and Firehose when it was initialised. */
  prepared: number[];
  first: { status: number; at: number };
  /** The answer when the webhook came again after a 503. */
  second: number | undefined;
  /** How many messages its queue had after the first answer, and at the end. */
  messages: [first: number, all: number];
  /** How many messages the archive's queue had, and how many records its stream. */
  archived: { queue: number; stream: number };
  /** Of the requests that reached SQS, what the SDK says of its tries. */
  attempts: string[];
  connections: number;
}

const key = makeKey();
/** Loading code needs the processor, so few functions initialise at the same time. */
const start = createGate(2);

let queue: LocalQueue;
let secrets: LocalSecrets;
let certificate: Certificate;
let certificateFolder: string;
let quickest: number;
let results: Map<string, Result>;

beforeAll(async () => {
  [queue, secrets] = await Promise.all([startQueue(), startSecrets()]);
  secrets.put('keyring', keyringOf(key));
  certificate = makeCertificate();
  certificateFolder = mkdtempSync(join(tmpdir(), 'initialisation-'));
  writeFileSync(join(certificateFolder, 'ca.pem'), certificate.cert);
  const bundled = bundleForTest('handler');
  ({ initialised: quickest } = await run(undisturbed, bundled.file));
  results = await runTable(cases, 40, (each) => run(each, bundled.file), check);
  bundled.remove();
}, 180_000);
afterAll(async () => {
  rmSync(certificateFolder, { recursive: true });
  await Promise.all([queue.close(), secrets.close()]);
});

/** Starts a function during the fault, and sends it the first webhook, a second time if the answer says so. */
async function run(each: Case, bundle: string): Promise<Result> {
  const stream = await startFirehose();
  const [sqs, firehose] = await Promise.all([
    startTlsStandIn(queue.url, certificate),
    startTlsStandIn(stream.url, certificate),
  ]);
  const world: World = {
    ...{ sqs, firehose },
    secrets: await startFaultProxy(secrets.url, 'json', { slow: each.late ?? 0, dribble: 0 }),
  };
  // A FIFO queue would hide a message that is sent twice.
  const [queueUrl, archiveUrl] = await Promise.all([createQueue(), createQueue()]);
  const event = () => {
    const body = JSON.stringify({ delivery_report_id: randomUUID() });
    return httpApiEvent(toWire({ method: 'POST', target: '/', contentType: 'application/json', body }, key));
  };
  await each.begin?.(world);
  const env = {
    ...receiverEnvironment(queue, secrets),
    QUEUE_URL: queueUrl,
    NODE_EXTRA_CA_CERTS: join(certificateFolder, 'ca.pem'),
    AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url,
    AWS_ENDPOINT_URL_SQS: sqs.url,
    AWS_ENDPOINT_URL_FIREHOSE: firehose.url,
    ...(each.isArchiving && { ARCHIVE_STREAMS: streamNames, ARCHIVE_QUEUE_URL: archiveUrl }),
  };
  let lambda: ReturnType<typeof startProcess> | undefined;
  try {
    const initialised = await start(() => {
      lambda = startProcess({ bundle, env });
      return lambda.initialised();
    });
    if (!lambda) throw new Error('The gate lets everybody in');
    const prepared = [sqs.connections(), firehose.connections()];
    if (each.endsBefore) await each.end?.(world);
    lambda.give(event());
    const first = await lambda.answer();
    const before = await countMessages(queueUrl);
    let second: number | undefined;
    if (first.status === 503) {
      await each.end?.(world);
      lambda.give(event());
      second = (await lambda.answer()).status;
    }
    const records = [...stream.records.values()].flat();
    return {
      ...{ initialised, prepared, first, second },
      messages: [before, before + (await countMessages(queueUrl))],
      archived: { queue: await countMessages(archiveUrl), stream: records.length },
      ...{ attempts: sqs.attempts, connections: sqs.connections() },
    };
  } finally {
    await lambda?.close();
    await Promise.all([world.secrets, sqs, firehose, stream].map((server) => server.close()));
  }
}

async function createQueue(): Promise<string> {
  const { QueueUrl = '' } = await queue.client.send(new CreateQueueCommand({ QueueName: randomUUID() }));
  return QueueUrl;
}

/** How many messages came since the last count. */
async function countMessages(QueueUrl: string): Promise<number> {
  const { Messages = [] } = await queue.client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  return Messages.length;
}

test.each(cases)('$name: $status', (each) => check(each, results.get(each.name) as Result));

function check({ status, isArchiving, begin }: Case, result: Result): void {
  // The work that is not done by then goes on. Three times as long is for a busy processor, and half of what Lambda allows.
  expect((result.initialised - quickest) / readyWithin).toBeLessThan(3);
  expect(result.first.status).toBe(status);
  expect(result.first.at).toBeLessThan(senderWaits);
  expect(result.second).toBe(status === 503 ? 202 : undefined);
  expect(result.messages).toEqual([status === 202 ? 1 : 0, 1]);
  const { stream, queue: queued } = result.archived;
  expect(stream + queued).toBe(isArchiving ? 1 : 0);
  // Each request that reached SQS queued one message.
  expect(result.attempts).toHaveLength(1 + queued);
  if (begin) return;
  expect(result.prepared).toEqual([1, isArchiving ? 1 : 0]);
  expect(result.connections).toBe(1);
  expect(result.attempts).toEqual([expect.stringMatching(/^attempt=1;/)]);
}
