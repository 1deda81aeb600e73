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
import { startFaultProxy } from './fault-proxy.ts';
import { startFullPort } from './full-port.ts';
import { startProcess } from './function-process.ts';
import { type Case, cases, undisturbed, type World } from './initialisation-cases.ts';
import { runTable } from './table.ts';
import { startTlsStandIn } from './tls-stand-in.ts';

/** MessageMedia waits so long, in milliseconds. It begins to wait before the function starts. */
const senderWaits = 20_000;

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
  const [sqs, firehose] = await Promise.all([queue, stream].map(({ url }) => startTlsStandIn(url, certificate)));
  if (!sqs || !firehose) throw new Error('There are two stand-ins');
  const world: World = {
    ...{ sqs, firehose, folder: mkdtempSync(join(tmpdir(), 'initialisation-')) },
    secrets: await startFaultProxy(secrets.url, 'json', { slow: each.late ?? 0, dribble: 0 }),
    fullPort: each.isPortFull ? await startFullPort(sqs.url) : undefined,
  };
  // A FIFO queue would hide a message that is sent twice.
  const [queueUrl, archiveUrl] = await Promise.all([createQueue(), createQueue()]);
  const event = () => {
    const body = JSON.stringify({ delivery_report_id: randomUUID() });
    return httpApiEvent(toWire({ method: 'POST', target: '/', contentType: 'application/json', body }, key));
  };
  await each.begin?.(world);
  const env = environmentOf(each, world, queueUrl, archiveUrl);
  let lambda: ReturnType<typeof startProcess> | undefined;
  try {
    const initialised = await start(() => {
      lambda = startProcess(bundle, env);
      return lambda.initialised();
    });
    if (!lambda) throw new Error('The gate lets everybody in');
    const prepared = [sqs.connections(), firehose.connections()];
    await each.meanwhile?.(world, lambda);
    lambda.give(event());
    await each.asItComes?.(world);
    lambda.thaw();
    const first = await lambda.answer();
    const before = await countMessages(queueUrl);
    let second: number | undefined;
    if (first.status === 503) {
      await each.end(world);
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
    await Promise.all([world.secrets, sqs, firehose, stream, world.fullPort].map((server) => server?.close()));
    rmSync(world.folder, { recursive: true });
  }
}

function environmentOf(each: Case, world: World, queueUrl: string, archiveUrl: string): Record<string, string> {
  return {
    ...receiverEnvironment(queue, secrets),
    QUEUE_URL: queueUrl,
    NODE_EXTRA_CA_CERTS: join(certificateFolder, 'ca.pem'),
    // By name, so that it is looked up.
    AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url.replace('127.0.0.1', 'localhost'),
    AWS_ENDPOINT_URL_SQS: (world.fullPort ?? world.sqs).url,
    AWS_ENDPOINT_URL_FIREHOSE: world.firehose.url,
    ...(each.isArchiving && { ARCHIVE_STREAMS: streamNames, ARCHIVE_QUEUE_URL: archiveUrl }),
    ...each.env?.(world),
  };
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

function check({ status, isArchiving, connections }: Case, result: Result): void {
  // The work that is not done by then goes on. Half as long again is for a busy processor.
  expect((result.initialised - quickest) / readyWithin).toBeLessThan(1.5);
  expect(result.first.status).toBe(status);
  expect(result.first.at).toBeLessThan(senderWaits);
  expect(result.second).toBe(status === 503 ? 202 : undefined);
  expect(result.messages).toEqual([status === 202 ? 1 : 0, 1]);
  const { stream, queue: queued } = result.archived;
  expect(stream + queued).toBe(isArchiving ? 1 : 0);
  // Each request that reached SQS queued one message.
  expect(result.attempts).toHaveLength(1 + queued);
  if (connections === undefined) return;
  expect(result.prepared).toEqual([1, isArchiving ? 1 : 0]);
  expect(result.connections).toBe(connections);
  expect(result.attempts).toEqual([expect.stringMatching(/^attempt=1;/)]);
}
