import { GetObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, expect, test } from '@jest/globals';
import { sampleWebhooks } from '../../../signing/sample-webhooks.ts';
import { deliver, toWire } from '../../../signing/sender.ts';
import { run } from '../terminal.ts';
import { startStack } from './stack-world.ts';

const world = await startStack();
afterAll(world.close);
const { sandbox, callbackUrl, env } = world;

/** A function that read its keyring less than 3 s ago does not know a probe's key yet, and the wait for it is shown. */
const onlyProbes = /^(Probe \d of 4 was refused: .*\nWaiting 4 s, until \d\d:\d\d:\d\d\. Ctrl-C stops\.\n)*$/;

/** @returns the output of a command that must succeed */
async function mmw(...args: string[]) {
  const { stdout, stderr } = await run([...args, '--stack', 's', '--json'], env);
  expect(stderr).toMatch(onlyProbes);
  return JSON.parse(stdout);
}

async function queued(): Promise<number> {
  const { client, queueUrl } = sandbox.queue;
  const command = new GetQueueAttributesCommand({
    QueueUrl: queueUrl,
    AttributeNames: ['ApproximateNumberOfMessages'],
  });
  return Number((await client.send(command)).Attributes?.ApproximateNumberOfMessages);
}

test('a stack that is well says what it looked at, and a probe leaves no event, and no key in the secret', async () => {
  const before = sandbox.keyring();
  const { stderr, ok, ...rest } = await world.doctor('--probe');
  expect(stderr).toMatch(onlyProbes);
  expect([await queued(), sandbox.keyring()]).toEqual([0, before]);
  expect(rest).toEqual({ code: 0, health: 'good', issues: [] });
  expect(ok).toEqual([
    'Keyring: 1 key can verify',
    'The key that is enabled at MessageMedia is in the keyring',
    '1 of 1 webhooks at MessageMedia go to the stack',
    'Queue: 0 waiting, 0 in flight',
    'No event has waited an hour in 1 queue or stream (CloudWatch has nothing of the queue of the archive, stream replies)',
    'Consumer: consumer',
    'The bucket for large events is there',
    'The queue of the archive has no dead letters',
    `${callbackUrl} answers, and refuses unsigned requests`,
    'A signed probe to the public URL was verified, and was not queued',
    expect.stringMatching(/^Last accepted \S+Z; in 24 hours 20 accepted/),
    expect.stringMatching(/^Last reconciliation \S+Z$/),
    '3 alarms, which notify a topic',
  ]);
});

test('the list of webhooks says which miss the stack', async () => {
  const webhook = { method: 'POST', encoding: 'JSON', events: ['OPT_OUT_SMS'] } as const;
  const template = '{"notification_id":"$notificationId"}';
  const { id } = await sandbox.api.createWebhook({ ...webhook, url: `${callbackUrl}/`, template });
  const list: { id: string; problems: object[] }[] = await mmw('webhooks', 'list');
  await sandbox.api.deleteWebhook(id);
  expect(list.find((one) => one.id === id)?.problems).toMatchObject([{ severity: 'error', code: 'address' }]);
});

test('simulate delivers to a stack at a rate, and nothing of it is queued', async () => {
  const { sent, statuses, unanswered } = await mmw('simulate', '--rate', '200', '--count', '40');
  expect({ sent, statuses, unanswered }).toEqual({ sent: 40, statuses: { 200: 40 }, unanswered: 0 });
  expect(await queued()).toBe(0);
});

test('refused requests are captured, as many as asked for and without credentials, and explained', async () => {
  await mmw('capture', '--count', '2');
  // A running function reads the secret again on the first bad signature, but not within 3 s of the last time.
  await new Promise((resolve) => setTimeout(resolve, 3_100));
  const key = sandbox.provider.signingKey();
  const good = toWire(sampleWebhooks('/messagemedia').smsReply, key);
  const rewritten = { ...good, body: Buffer.from(JSON.stringify(JSON.parse(String(good.body)), null, 2)) };
  const credentials = { authorization: 'Bearer let-me-in', cookie: 'session=let-me-in', 'x-auth-token': 'let-me-in' };
  const unsigned = toWire(sampleWebhooks('/messagemedia').optOut, undefined);
  for (const request of [rewritten, { ...unsigned, headers: { ...unsigned.headers, ...credentials } }, unsigned])
    expect((await deliver(sandbox.url, request)).status).toBe(401);
  expect((await deliver(sandbox.url, good)).status).toBe(202);

  const captures: { cause: string; name: string }[] = await mmw('doctor', '--capture');
  expect(captures.map(({ cause }) => cause)).toEqual(['body_rewritten', 'unsigned']);
  const { Body } = await sandbox.queue.storage.send(
    new GetObjectCommand({ Bucket: sandbox.queue.overflowBucket, Key: captures[1]?.name }),
  );
  expect(await Body?.transformToString()).not.toContain('let-me-in');

  await mmw('capture', '--stop');
  expect(sandbox.keyring()).not.toContain('capture');
});

test('of a log that is too large only the newest part is read, and that is said', async () => {
  world.restore();
  world.put('receiver', { message: 'accepted' }, 2 * 3_600_000, 6_000);
  world.put('receiver', { message: 'refused', reason: 'invalid_signature' }, 1_000, 5);
  const { code, issues } = await world.doctor();
  expect([code, issues[0]?.title]).toEqual([1, 'Webhooks are lost']);
  expect(issues[0]?.description).toMatch(/since \S+Z \(there is more than is read\) 20 accepted, 5 refused/);
});

test('neither a capture nor a probe writes over a keyring that cannot be read', async () => {
  world.restore();
  sandbox.storeKeyring('{"keys":[{"key_id":"a","public_key":"AAAA"}]}');
  const before = sandbox.keyring();
  for (const command of [['capture'], ['simulate', '--count', '1'], ['doctor', '--probe']]) {
    const { code, stdout, stderr } = await run([...command, '--stack', 's'], env);
    expect([command, code, `${stdout}${stderr}`.replace(/\s+/g, ' ')]).toEqual([
      ...[command, 1, expect.stringContaining('"mmw keys restore" brings it back')],
    ]);
  }
  expect(sandbox.keyring()).toBe(before);
});
