import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventTypes } from '../../lambda/contract.ts';
import type { LocalServer } from '../../sandbox/http.ts';
import { keyringOf, makeKey } from '../support.ts';
import { type LocalArchive, messageOf, polledMessage, reportLine, startArchive } from './archive/archive.ts';
import { startCloudFormation } from './cloud-formation.ts';
import { idOf, takeAll } from './queue/put.ts';
import { localEnvironment, type Outcome, run, start } from './terminal.ts';

const key = makeKey();
const at = '2026-11-24T10:00:00Z';
const day = ['--from', '2026-11-24', '--to', '2026-11-25'];

let archive: LocalArchive;
let cloudFormation: LocalServer;
let folder: string;
let cwd: string;
let env: Record<string, string>;
let object: string;
beforeAll(async () => {
  cloudFormation = await startCloudFormation(() => ({
    QueueUrl: archive.queue.queueUrl,
    ArchiveBucketName: archive.bucket,
    OverflowBucketName: 'large-events',
  }));
});
afterAll(() => cloudFormation.close());
beforeEach(async () => {
  archive = await startArchive();
  folder = mkdtempSync(join(tmpdir(), 'archive-'));
  cwd = process.cwd();
  process.chdir(folder);
  env = localEnvironment({
    AWS_ENDPOINT_URL_S3: archive.queue.url,
    AWS_ENDPOINT_URL_SQS: archive.queue.url,
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
  });
  await archive.putKeys('2026-11-24', keyringOf(key));
  object = await archive.put(eventTypes.deliveryReport, at, [
    reportLine(key, at, 'd-1', { source_number: '+61491570157', message_id: 'one' }),
    reportLine(key, at, 'd-2', { source_number: '+61491570158' }),
  ]);
  await archive.put(eventTypes.reply, at, [messageOf(key, at, { reply_id: 'r-1', content: '\u001b[2Jhi\nthere' })]);
});
afterEach(async () => {
  process.chdir(cwd);
  rmSync(folder, { recursive: true });
  await archive.queue.close();
});

const mmw = (...args: string[]): Promise<Outcome> => run(['archive', ...args, '--bucket', archive.bucket], env);
const queued = async () => (await takeAll(archive.queue.client, archive.queue.queueUrl)).map(idOf).sort();

test('list has a line for an event, show has the whole of it and its verdict', async () => {
  const { code, stdout, stderr } = await mmw('list', ...day);
  expect({ code, stdout: stdout.split('\n').sort(), stderr }).toEqual({
    code: 0,
    stderr: '3 events.\n',
    stdout: [
      '',
      '2026-11-24T10:00:00  delivery_report  d-1  one  delivered',
      '2026-11-24T10:00:00  delivery_report  d-2  m  delivered',
      '2026-11-24T10:00:00  reply  r-1  12 characters',
    ],
  });
  const shown = await mmw('show', 'r-1', ...day);
  expect(shown.code).toBe(0);
  expect(shown.stdout).toMatch(
    /^events\/type=reply\/.* line 1\nsignature: good, with the key whose SHA-256 is [0-9a-f]{64}\n/,
  );
  expect(shown.stdout).toContain('"content": "\\u001b[2Jhi\\nthere"');
  const asJson = JSON.parse((await mmw('show', 'r-1', '--json')).stdout);
  expect(asJson).toMatchObject({ verdict: 'good', line: 1, event: { id: 'r-1' }, payload: { reply_id: 'r-1' } });
  expect(Buffer.from(asJson.signedBytes, 'base64').toString()).toMatch(
    /^POST \/messagemedia HTTP\/1\.1Tue, 24 Nov 2026 10:00:00 GMT\{/,
  );
  expect(await mmw('show', 'nobody', ...day)).toMatchObject({
    code: 1,
    stderr: 'archive has no event nobody among the selected events.\n',
  });
});

test('list and show have an event that was polled first and came signed as signed, and hide nothing', async () => {
  const polled = ['p-1', 'p-2'].map((id) => polledMessage('2026-11-24T09:00:00Z', id));
  const signed = messageOf(key, at, { reply_id: 'p-1', content: 'four' });
  const changed = signed.replace('four', 'fiver');
  // Reconciliation does not always know what came.
  const later = polledMessage('2026-11-24T11:00:00Z', 'p-1');
  await archive.put(eventTypes.reply, at, [...polled, changed, signed, signed, later], 'object-0000');
  await archive.put(eventTypes.reply, at, [polledMessage('2026-11-24T11:00:00Z', 'r-1')], 'object-9999');
  const { stdout } = await mmw('list', ...day, '--type', 'reply');
  const line = '2026-11-24T10:00:00  reply  p-1  4 characters';
  const own = '2026-11-24T10:00:00  reply  r-1  12 characters';
  const all = ['2026-11-24T09:00:00  reply  p-2', line.replace('4 c', '5 c'), line, own, ''];
  expect(stdout.split('\n')).toEqual(all);
  expect(await mmw('show', 'p-1')).toMatchObject({ code: 0, stdout: expect.stringContaining('signature: good') });
  expect(await mmw('show', 'p-2')).toMatchObject({ code: 0, stdout: expect.stringContaining('signature: polled') });
});

test('verify says what is good under which key, and names what is bad', async () => {
  const good = await mmw('verify', ...day);
  expect(good.code).toBe(0);
  expect(good.stdout).toMatch(new RegExp(`│ ${key.id} │ 1024 │ [0-9a-f]{16} │ +│ 3 +│`));
  expect(good.stdout).toContain('3 events in 2 objects: 3 with a good signature, 0 polled and never signed, none bad.');
  await archive.put(eventTypes.reply, at, [reportLine(key, at, 'd-3').replace('delivered', 'deliverer')], 'forged');
  const bad = await mmw('verify', ...day);
  expect(bad.code).toBe(1);
  expect(bad.stdout).toMatch(
    /bad: events\/type=reply\/.*forged\.jsonl\.gz line 1, event d-3: its signature does not verify\n/,
  );
  expect(bad.stdout).toContain('3 with a good signature, 0 polled and never signed, 1 bad.');
  const file = join(folder, 'keyring.json');
  writeFileSync(file, keyringOf(makeKey()));
  const other = await mmw('verify', ...day, '--keys', file, '--json');
  expect([other.code, JSON.parse(other.stdout)]).toMatchObject([1, { events: 4, bad: 4, good: [] }]);
});

test('replay asks, queues events of the stack, and keeps its state until all are sent', async () => {
  const replay = (...args: string[]) => run(['archive', 'replay', '--stack', 's', ...args], env);
  expect(await replay('--yes')).toMatchObject({ code: 1, stderr: expect.stringContaining('Give --from, or --all') });
  expect(await replay(...day, '--dry-run')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/3 events to send \(2 delivery_report, 1 reply\)\.\n$/),
  });
  expect(await replay(...day)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Queue the events of 2 objects of archive again? Nothing was done'),
  });
  expect([await queued(), readdirSync(folder)]).toEqual([[], []]);
  await archive.put(eventTypes.reply, at, ['no event']);
  const all = ['--all', '--yes', '--replay-id', 'again'];
  expect(await replay(...all)).toMatchObject({
    code: 1,
    stdout: 'Replay again: 3 events sent (2 delivery_report, 1 reply).\nNot sent: 1 bad line.\n',
  });
  expect(await queued()).toEqual(['d-1', 'd-2', 'r-1']);
  expect(readdirSync(folder)).toEqual(['mmw-replay-again.json']);
  expect(await replay(...all, '--type', 'delivery_report')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is the state of a replay with another type'),
  });
  expect(await replay('--all', '--yes', '--type', 'delivery_report', '--id', 'd-1')).toMatchObject({ code: 0 });
  expect(readdirSync(folder)).toEqual(['mmw-replay-again.json']);
  expect(await replay('--replay-id', 'no good')).toMatchObject({ code: 1, stderr: expect.stringContaining('hyphens') });
});

test('replay stops at Ctrl-C, says how to continue, and continues', async () => {
  const lines = Array.from({ length: 40 }, (_, index) =>
    reportLine(key, at, `many-${index}`, { message_id: `m-${index}` }),
  );
  await archive.put(eventTypes.optOut, at, lines);
  const places = ['--bucket', archive.bucket, '--queue-url', archive.queue.queueUrl];
  const args = ['archive', 'replay', ...places, ...day, '--yes', '--replay-id', 'slow', '--type'];
  args.push('delivery_report', 'opt_out');

  const running = start([...args, '--rate', '10'], env);
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (readdirSync(folder).includes('mmw-replay-slow.json')) break;
  }
  running.process.kill('SIGINT');
  const howTo = expect.stringContaining('run the same command with --replay-id slow');
  expect(await running.done).toMatchObject({ code: 1, stderr: howTo });
  const rest = await run([...args, '--json'], env);
  expect(rest.code).toBe(0);
  const report = JSON.parse(rest.stdout);
  expect(report).toMatchObject({ duplicates: 0, bad: 0, isFinished: true });
  expect(report.sentBefore).toBeGreaterThan(0);
  expect(report.sent.delivery_report + report.sentBefore).toBe(42);
  expect(readdirSync(folder)).toEqual([]);
});

test('erase says what it would erase, asks, and erases', async () => {
  const phone = ['--phone', '+61 491 570 157'];
  expect(await mmw('erase', ...phone, '--dry-run')).toMatchObject({
    code: 0,
    stdout: '1 event in 1 object would be erased.\n',
  });
  expect(await mmw('erase', ...phone)).toMatchObject({ code: 1, stderr: expect.stringContaining('add --yes') });
  expect((await mmw('show', 'd-1')).code).toBe(0);
  const erased = await mmw('erase', ...phone, '--yes', '--json');
  expect(JSON.parse(erased.stdout)).toEqual({ erased: 1, objects: [object], data: [], unreadable: [], uncertain: [] });
  expect((await mmw('show', 'd-1')).code).toBe(1);
  expect((await mmw('show', 'd-2')).code).toBe(0);
  expect(await mmw('erase')).toMatchObject({
    code: 1,
    stderr: 'Nothing says whose events to erase: give --subject or --phone.\n',
  });
});

test('without a name of an archive it says what to do; the environment can name it', async () => {
  expect(await run(['archive', 'list'], env)).toMatchObject({
    code: 1,
    stderr: 'No archive is named: give --stack or --bucket, or set ARCHIVE_BUCKET.\n',
  });
  const { stdout } = await run(['archive', 'list', ...day, '--json'], { ...env, ARCHIVE_BUCKET: archive.bucket });
  expect(JSON.parse(stdout.split('\n')[0] ?? '')).toMatchObject({ type: 'delivery_report', id: 'd-1', line: 1 });
});
