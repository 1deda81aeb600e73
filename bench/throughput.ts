// Sends many webhooks through the sandbox, with outages, and checks the result of each: npm run load [-- --count 3000 --rate 500]
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { formatTable } from '../bin/output.ts';
import { rotateNow } from '../sandbox/inspector/actions.ts';
import { callbackPath, type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { deliver, type SigningKey, toWire, type WireRequest } from '../sandbox/sender.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '100000' }, rate: { type: 'string', default: '400' } },
});
const count = Number(values.count);
/** fauxqs remembers 10,000 ids, and SQS those of five minutes. The id of a retry after 20 s must still be among them. */
const rate = Number(values.rate);

/** A request, and whether it must be accepted. */
interface Load {
  id: string;
  request: WireRequest;
  isGood: boolean;
}

/** Of a hundred requests, 84 are good, 10 are bad, 5 are sent twice at once, and 1 is ten times as long as the others. */
function loadOf(index: number, key: SigningKey): Load[] {
  const kind = index % 100;
  const id = randomUUID();
  const content = kind === 15 ? 'x'.repeat(4_000) : 'Hello';
  const body = JSON.stringify({ reply_id: id, message_id: randomUUID(), content, padding: 'y'.repeat(300) });
  const request = toWire({ method: 'POST', target: callbackPath, contentType: 'application/json', body }, key);
  if (kind < 10)
    return [{ id, isGood: false, request: { ...request, body: Buffer.from(body.replace('Hello', 'Hallo')) } }];
  const load = { id, request, isGood: true };
  return kind < 15 ? [load, load] : [load];
}

/** Sends until the request is accepted or refused, with retries like MessageMedia. @returns the last status, 0 without an answer */
async function send(url: string, request: WireRequest): Promise<number> {
  for (let tries = 1; ; tries++) {
    const status = await deliver(url, request, AbortSignal.timeout(20_000)).then(
      (answer) => answer.status,
      () => 0,
    );
    if ((status > 0 && status < 500) || tries === 8) return status;
    await sleep(1_000 * tries);
  }
}

/** Receives and deletes messages until it is told to stop and the queue is empty, and counts how often each event came. */
async function drain({ client, queueUrl }: Sandbox['queue'], seen: Map<string, number>, isOver: () => boolean) {
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    for (const { Body = '{}' } of Messages) {
      const { id } = JSON.parse(Body) as { id: string };
      seen.set(id, (seen.get(id) ?? 0) + 1);
    }
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    if (Entries.length > 0) await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    else if (isOver()) return;
  }
}

/** Outages during the run, each for three seconds. */
const outages: [share: number, begin: (sandbox: Sandbox) => void, end: (sandbox: Sandbox) => void][] = [
  [0.25, ({ queue }) => queue.setFailing(true), ({ queue }) => queue.setFailing(false)],
  [
    0.5,
    ({ secrets, restartFunction }) => {
      secrets.setFailing(true);
      restartFunction();
    },
    ({ secrets }) => secrets.setFailing(false),
  ],
  [0.75, ({ restartFunction }) => void restartFunction(), () => {}],
];

const sandbox = await startSandbox({ port: 0, onAnswer: () => {} });
await rotateNow(sandbox);
const key = sandbox.provider.signingKey();
if (key === undefined) throw new Error('The sandbox has no key enabled');

const seen = new Map<string, number>();
let isOver = false;
const consumers = Array.from({ length: 8 }, () => drain(sandbox.queue, seen, () => isOver));

const statuses = new Map<string, Map<number, number>>();
const taken = new Set<string>();
const note = (kind: string, status: number) => {
  const counts = statuses.get(kind) ?? new Map<number, number>();
  statuses.set(kind, counts.set(status, (counts.get(status) ?? 0) + 1));
};
const heap = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
};

const begun = performance.now();
const calls = new Set<Promise<void>>();
let heapEarly = 0;
for (let index = 0; index < count; index++) {
  const due = begun + (index * 1000) / rate - performance.now();
  if (due > 1) await sleep(due);
  // Limits the calls in flight, for a machine that cannot keep up.
  while (calls.size > 400) await Promise.race(calls);
  for (const [share, begin, end] of outages) {
    if (index !== Math.floor(share * count)) continue;
    begin(sandbox);
    setTimeout(() => end(sandbox), 3_000);
  }
  if (index === Math.floor(count / 10)) heapEarly = heap();
  for (const { id, request, isGood } of loadOf(index, key)) {
    const call = send(sandbox.url, request).then((status) => {
      note(isGood ? 'good' : 'bad', status);
      if (status === 202) taken.add(id);
      calls.delete(call);
    });
    calls.add(call);
  }
}
await Promise.all(calls);
const seconds = (performance.now() - begun) / 1000;
isOver = true;
await Promise.all(consumers);
const heapLate = heap();
await sandbox.close();

const missing = [...taken].filter((id) => !seen.has(id)).length;
const twice = [...seen.values()].filter((times) => times > 1).length;
const unexplained = [...seen.keys()].filter((id) => !taken.has(id)).length;
const badTaken = statuses.get('bad')?.get(202) ?? 0;
const notTaken = [...(statuses.get('good') ?? [])].reduce(
  (sum, [status, each]) => sum + (status === 202 ? 0 : each),
  0,
);
const rows = [...statuses].flatMap(([kind, counts]) =>
  [...counts].map(([status, each]) => [status ? `${kind}, answered ${status}` : `${kind}, not answered`, String(each)]),
);
console.log(
  formatTable(
    ['what', 'how many'],
    [
      ...rows,
      ['webhooks a second, on average', (count / seconds).toFixed(0)],
      ['events in the queue', String(seen.size)],
      ['accepted, but not in the queue', String(missing)],
      ['in the queue more than once', String(twice)],
      ['in the queue, but never answered with 202', String(unexplained)],
      ['heap after a tenth and at the end, MB', `${heapEarly.toFixed(0)}, ${heapLate.toFixed(0)}`],
    ],
  ),
);
process.exitCode = missing + twice + unexplained + badTaken + notTaken > 0 ? 1 : 0;
