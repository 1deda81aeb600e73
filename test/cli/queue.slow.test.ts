import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PurgeQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { idOf, put as putEvent, takeAll } from './queue/put.ts';
import { entry, localEnvironment, run, start } from './terminal.ts';

let queue: LocalQueue;
let env: Record<string, string>;
beforeAll(async () => {
  queue = await startQueue();
  env = localEnvironment({
    QUEUE_URL: queue.queueUrl,
    DEAD_LETTER_QUEUE_URL: queue.deadLetterQueueUrl,
    AWS_ENDPOINT_URL_SQS: queue.url,
  });
});
afterAll(() => queue.close());
beforeEach(async () => {
  for (const QueueUrl of [queue.queueUrl, queue.deadLetterQueueUrl]) {
    await queue.client.send(new PurgeQueueCommand({ QueueUrl }));
  }
});

let sent = 0;
/** Sends an event to a queue, with changed attributes and fields of its data. @returns its id */
async function put(QueueUrl: string, message: string, attributes: object = {}, fields: object = {}): Promise<string> {
  const id = `report-${++sent}`;
  await putEvent(queue.client, QueueUrl, { id, message, attributes, fields });
  return id;
}

const takeIds = async (QueueUrl: string) => (await takeAll(queue.client, QueueUrl)).map(idOf);

async function json(...args: string[]) {
  const { code, stdout, stderr } = await run(['queue', ...args, '--json'], env);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return { result: JSON.parse(stdout), stderr };
}

test('stats counts both queues', async () => {
  await put(queue.queueUrl, 'a');
  await put(queue.queueUrl, 'b');
  await put(queue.deadLetterQueueUrl, 'c');
  expect((await json('stats')).result).toEqual({
    queue: { waiting: 2, inFlight: 0 },
    deadLetters: { waiting: 1, inFlight: 0 },
  });
  expect((await run(['queue', 'stats'], env)).stdout).toMatch(/│ dead letters │ 1 /);
});

test('tail takes messages off the queue, but not without asking', async () => {
  const id = await put(queue.queueUrl, 'a');
  expect(await run(['queue', 'tail'], env)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('add --yes'),
  });
  const tail = start(['queue', 'tail', '--yes'], env);
  await tail.said(id);
  const second = await put(queue.queueUrl, 'b');
  await tail.said(second);
  tail.process.kill('SIGINT');
  expect(await tail.done).toMatchObject({ code: 0, stderr: 'Waiting for messages, until Ctrl-C.\n' });
  expect(await takeIds(queue.queueUrl)).toEqual([]);
  // fauxqs goes on with a wait whose client is gone: it gets this message, and none of the next test.
  await put(queue.queueUrl, 'c');
});

test('what others wrote cannot write on the screen: peek shows it in words, and in JSON as it is', async () => {
  // Of JSON's own escapes, and characters that stand in JSON as they are.
  const hostile = 'a\u0001\u001b[2J\u007f\u009b31m\u202eb\nfake line';
  const harmless = 'a\\u0001\\u001b[2J\\u007f\\u009b31m\\u202eb\\u000afake line';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;
  // The receiver accepts no such id, but others who may write to the queue can send one.
  await put(queue.queueUrl, 'a', { id: hostile, subject: hostile });
  const { code, stdout, stderr } = await run(['queue', 'peek', '--yes'], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`│ ${harmless} │`);
  expect(stdout).not.toMatch(control);
  const inJson = await run(['queue', 'peek', '--json', '--yes'], env);
  expect(inJson.stdout).not.toMatch(control);
  expect(JSON.parse(inJson.stdout)).toMatchObject([{ id: hostile, subject: hostile }]);
});

test('into a closed pipe, tail deletes what was read as a whole, gives back the rest, and ends quietly', async () => {
  // A message is larger than a pipe's buffer, so it is written completely only if all of it is read.
  const large = { original_text: 'x'.repeat(300_000) };
  const ids: string[] = [];
  for (let index = 0; index < 4; index++) ids.push(await put(queue.queueUrl, 'one message', {}, large));
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell reads it
  const script = '"$NODE" "$0" queue tail --yes --json 2>&3 | head -1; echo "${PIPESTATUS[0]}" >&2';
  const errors = join(await mkdtemp(join(tmpdir(), 'mmw-')), 'errors');
  const shell = ['--norc', '-c', `exec 3>"$ERRORS"; ${script}`, entry];
  const options = { env: { ...env, ERRORS: errors, NODE: process.execPath }, maxBuffer: 10_000_000 };
  const { stdout, stderr: code } = await promisify(execFile)('bash', shell, options);
  expect(JSON.parse(stdout).id).toBe(ids[0]);
  expect(Number(code)).toBe(0);
  expect(await readFile(errors, 'utf8')).toBe('Waiting for messages, until Ctrl-C.\n');
  expect((await json('stats')).result.queue).toEqual({ waiting: 3, inFlight: 0 });
});

test('redrive says what it would do, and does it', async () => {
  for (let index = 0; index < 12; index++) await put(queue.deadLetterQueueUrl, 'one message');
  expect((await json('redrive', '--dry-run')).result).toEqual({ wouldRedrive: 12 });
  expect((await json('stats')).result.deadLetters.waiting).toBe(12);
  const { code, stdout, stderr } = await run(['queue', 'redrive', '--json'], env);
  expect({ code, result: JSON.parse(stdout) }).toEqual({ code: 0, result: { redriven: 12, refused: 0, left: 0 } });
  expect(stderr).toContain('Back on the queue: 12 of about 12 messages.');
  expect((await json('stats')).result).toMatchObject({ queue: { waiting: 12 }, deadLetters: { waiting: 0 } });
});

test('redrive is done when SQS shows no more, whatever it counts', async () => {
  const held = await put(queue.deadLetterQueueUrl, 'held');
  await queue.client.send(new ReceiveMessageCommand({ QueueUrl: queue.deadLetterQueueUrl, VisibilityTimeout: 60 }));
  const { code, stdout } = await run(['queue', 'redrive'], env);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining('SQS shows no more; it counts about 1,'),
  });
  expect(stdout).not.toContain(held);
});

test('purge deletes everything, but not without asking', async () => {
  await put(queue.deadLetterQueueUrl, 'a');
  const refused = await run(['queue', 'purge', '--dead-letters'], env);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/Delete everything in .*, about 1 message\?.* up to 60 s .*Nothing was done/),
  });
  expect((await json('stats')).result.deadLetters.waiting).toBe(1);
  const { stdout } = await run(['queue', 'purge', '--dead-letters', '--yes'], env);
  expect(stdout).toMatch(/takes up to 60 s, and may delete what arrives meanwhile/);
  expect(stdout).not.toMatch(/empty|is deleted/);
  expect((await json('stats')).result.deadLetters.waiting).toBe(0);
});

test.each([
  [['stats'], { QUEUE_URL: '' }, 'No queue is given: add --stack or --queue-url, or set QUEUE_URL.'],
  [['redrive'], { DEAD_LETTER_QUEUE_URL: '' }, 'No dead-letter queue is given'],
  [['peek', '--count', '0'], {}, 'Give a whole number from 1 to 100.'],
])('%j with %j is refused in words', async (args, environment, words) => {
  const outcome = await run(['queue', ...args], { ...env, ...environment });
  expect(outcome).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(words) });
});

test('a look that costs a try asks first, also where SQS counts no message yet, and where it costs nothing it does not', async () => {
  const id = await put(queue.queueUrl, 'a');
  const cost = 'A look counts as one of the 5 tries of each message.';
  const refused = await run(['queue', 'peek'], env);
  expect(refused).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(`${cost}.*add --yes to confirm`),
  });
  const { result } = await json('peek', '--yes');
  expect(result).toMatchObject([{ id, tries: 1 }]);
  expect(await run(['queue', 'delete', id, '--yes'], env)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(cost),
  });
  expect((await run(['queue', 'peek'], env)).code).toBe(2);
  // Where no dead-letter queue takes messages, a look costs nothing.
  await put(queue.deadLetterQueueUrl, 'b');
  expect(await run(['queue', 'peek', '--dead-letters'], env)).toMatchObject({ code: 0, stderr: '' });
  // A redrive from a queue with tries, such as that of a further consumer.
  const further = { ...env, DEAD_LETTER_QUEUE_URL: queue.queueUrl };
  expect(await run(['queue', 'redrive', 'x'], further)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(cost),
  });
});

test('a search that is interrupted gives back what it holds', async () => {
  for (let index = 0; index < 3; index++) await put(queue.queueUrl, `message-${index}`);
  const search = start(['queue', 'delete', 'nowhere', '--yes'], env);
  while ((await json('stats')).result.queue.inFlight === 0) await sleep(20);
  search.process.kill('SIGINT');
  expect(await search.done).toMatchObject({ code: 130, stderr: expect.stringContaining('are back in the queue') });
  expect((await json('stats')).result.queue).toEqual({ waiting: 3, inFlight: 0 });
});

test('a queue that is gone is told with what brings it back', async () => {
  const gone = { ...env, QUEUE_URL: queue.queueUrl.replace('events', 'gone') };
  for (const args of [['stats'], ['peek', '--yes'], ['purge', '--yes']])
    expect(await run(['queue', ...args], gone)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('mmw queue restore'),
    });
});

test('one message is redriven or deleted by its id; all others stay', async () => {
  const [one, two, three] = [
    await put(queue.deadLetterQueueUrl, 'a'),
    await put(queue.deadLetterQueueUrl, 'b'),
    await put(queue.deadLetterQueueUrl, 'c'),
  ];
  expect((await json('redrive', two, '--dry-run')).result).toEqual({ wouldRedrive: 1 });
  expect((await json('redrive', two)).result).toEqual({ redriven: 1 });
  expect(await takeIds(queue.queueUrl)).toEqual([two]);
  const { result } = await json('peek', '--dead-letters');
  const { messageId } = result.find(({ id }: { id: string }) => id === one);
  expect((await json('delete', messageId, '--dead-letters', '--yes')).result).toEqual({ deleted: messageId });
  expect(await takeIds(queue.deadLetterQueueUrl)).toEqual([three]);
});
