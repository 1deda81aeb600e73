import { CreateBucketCommand, DeleteBucketCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, DeleteQueueCommand, PurgeQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { listen } from '../../../sandbox/http.ts';
import { sampleWebhooks, withFreshIds } from '../../../signing/sample-webhooks.ts';
import { toWire } from '../../../signing/sender.ts';
import { makeKey } from '../../support.ts';
import { startStack } from './stack-world.ts';

const world = await startStack();
afterAll(world.close);
const { sandbox, key, state, put, send, callbackUrl } = world;
const { client, queueUrl, deadLetterQueueUrl, overflowBucket, storage } = sandbox.queue;

/** Undoes what a row did, besides what `restore` does. */
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0)) await each();
  world.restore();
});

const hour = 3_600_000;
const day = 24 * hour;
const other = makeKey('SHA256', 2048);
const refused = (reason: string, detail = '') => ({ message: 'refused', reason, detail });
const accepted = { message: 'accepted' };
const noRequests = () => {
  state.logs.receiver = [];
};
const webhook = (kind: 'smsReply' | 'optOut' = 'smsReply') => withFreshIds(sampleWebhooks('/messagemedia')[kind]);
const keyring = (...keys: object[]) => sandbox.storeKeyring(JSON.stringify({ keys }));
const registered = async (url: string, template: string) => {
  const given = { method: 'POST', encoding: 'JSON', events: ['OPT_OUT_SMS'], url, template } as const;
  const { id } = await sandbox.api.createWebhook(given);
  undo.push(() => sandbox.api.deleteWebhook(id));
};
const message = (QueueUrl: string) => {
  undo.push(() => client.send(new PurgeQueueCommand({ QueueUrl })));
  const fifo = QueueUrl.endsWith('.fifo') && { MessageGroupId: 'g', MessageDeduplicationId: `${Date.now()}` };
  return client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', ...fifo }));
};
const lastAcceptedLongAgo = (line: object, times: number) => {
  noRequests();
  put('receiver', accepted, 23 * hour);
  put('receiver', line, 60_000, times);
};
const runs = (deliveryReports: object, replies: object) => {
  state.logs.reconciliation = [];
  put('reconciliation', { message: 'reconciled', deliveryReports, replies }, 60_000);
};
const answering = async (status: number, headers: Record<string, string>) => {
  const server = await listen(0, (_request, response) => response.writeHead(status, headers).end());
  for (const { id } of await sandbox.api.listWebhooks()) await sandbox.api.deleteWebhook(id);
  undo.push(server.close, world.register);
  state.outputs.CallbackUrl = `${server.url}/messagemedia`;
};

/** A new queue in the place of one of the stack's, which is gone itself, or whose dead-letter queue is. */
const gone = async (output: string, deadLetters?: string) => {
  const create = async (QueueName: string, more = {}) =>
    (await client.send(new CreateQueueCommand({ QueueName, Attributes: { FifoQueue: 'true', ...more } }))).QueueUrl;
  const dead = deadLetters && (await create(deadLetters));
  const policy = { deadLetterTargetArn: `arn:aws:sqs:us-east-1:000000000000:${deadLetters}`, maxReceiveCount: 5 };
  const queue = await create('another.fifo', deadLetters && { RedrivePolicy: JSON.stringify(policy) });
  await client.send(new DeleteQueueCommand({ QueueUrl: dead ?? queue }));
  if (dead) undo.push(() => client.send(new DeleteQueueCommand({ QueueUrl: queue })));
  state.outputs[output] = String(queue);
};

/** A server that gives one answer in the place of an AWS service. */
const instead = async (service: string, status: number, answer = '') => {
  const server = await listen(0, (_request, response) => response.writeHead(status).end(answer));
  const name = `AWS_ENDPOINT_URL_${service}`;
  const before = world.env[name] ?? '';
  world.env[name] = server.url;
  undo.push(server.close, () => Object.assign(world.env, { [name]: before }));
};

/** Title and advice of what is found. */
type Cause = [name: string, cause: () => unknown, title: RegExp, advice: RegExp];

/** Webhooks are lost. */
const losses: readonly Cause[] = [
  ['an empty keyring', () => keyring(), /keyring is empty/, /keys restore/],
  ['a keyring that is no JSON', () => sandbox.storeKeyring('{"keys":[{'), /keyring cannot be read/, /keys restore/],
  ['a keyring whose only key is cut', () => keyring({ ...key, public_key: 'AAAA' }), /cannot be read/, /keys restore/],
  [
    'a key of two that is cut',
    () => keyring({ ...key, public_key: 'AAAA' }, other.answer),
    /do not match/,
    /keys list/,
  ],
  ['a key that is not in the keyring', () => keyring(other.answer), /do not match/, /keys list/],
  [
    'an enabled key that is noted as retired',
    () => keyring({ ...key, retired_at: '2026-01-01T00:00:00Z' }),
    /do not match/,
    /keys list/,
  ],
  [
    'no enabled key',
    async () => {
      await sandbox.api.disableSignatureKey();
      undo.push(() => sandbox.api.enableSignatureKey(key.key_id));
    },
    /do not match/,
    /keys list/,
  ],
  [
    'a wrong public key under the enabled id',
    async () => {
      keyring({ ...key, public_key: other.answer.public_key });
      await sandbox.restartFunction();
      undo.push(sandbox.restartFunction);
      noRequests();
      for (let sent = 0; sent < 12; sent++) await send(toWire(webhook(), sandbox.provider.signingKey()));
    },
    /^Webhooks are lost$/,
    /mmw capture/,
  ],
  [
    '500 refusals after the last one that was accepted, on a later page',
    () => lastAcceptedLongAgo(refused('invalid_signature'), 500),
    /^Webhooks are lost$/,
    /mmw capture/,
  ],
  [
    '500 failures after it',
    () => lastAcceptedLongAgo({ message: 'failed', reason: 'queue_unavailable' }, 500),
    /^Webhooks are lost$/,
    /enqueue-failures/,
  ],
  [
    'a queue that does not take the last one',
    async () => {
      sandbox.queue.setFailing(true);
      undo.push(() => sandbox.queue.setFailing(false));
      await send(toWire(webhook(), sandbox.provider.signingKey()));
    },
    /^Webhooks are lost$/,
    /enqueue-failures/,
  ],
  [
    'every third that is refused',
    () => put('receiver', refused('invalid_signature'), 130_000, 10),
    /^Some webhooks are lost$/,
    /mmw capture/,
  ],
  [
    'a clock that is ahead',
    async () => {
      const ahead = new Date(Date.now() + 2 * hour);
      await send(toWire(webhook(), sandbox.provider.signingKey(), ahead), 3);
    },
    /^Webhooks are lost$/,
    /clock is ahead.*timestampToleranceSeconds=0/s,
  ],
  [
    'a webhook with a slash too many',
    () => registered(`${callbackUrl}/?kind=opt-out`, '{"notification_id":"$notificationId"}'),
    /^Webhook .* misses the stack$/,
    /webhooks update/,
  ],
  [
    'an event that is deleted tomorrow',
    () => Object.assign(state.ages, { 'events.fifo': 13.5 * 24 * 3600 }),
    /queue has waited 324 hours/,
    /queue stats/,
  ],
  [
    'the alarm on answers with 5xx',
    () => Object.assign(state.alarms[1] ?? {}, { StateValue: 'ALARM' }),
    /^It is ServerErrors$/,
    /^See docs\/operations\.md#servererrors$/,
  ],
  [
    'a bucket that is gone',
    async () => {
      await storage.send(new DeleteBucketCommand({ Bucket: overflowBucket }));
      undo.push(() => storage.send(new CreateBucketCommand({ Bucket: overflowBucket })));
    },
    /^Bucket .* does not exist$/,
    /storage-failures/,
  ],
  [
    'a role that may not look at the bucket',
    () => instead('S3', 403),
    /^The check of bucket failed$/,
    /Let your role call this/,
  ],
  [
    'a URL that does not answer',
    () => Object.assign(state.outputs, { CallbackUrl: 'http://127.0.0.1:9/' }),
    /answer/,
    /DNS/,
  ],
  ['a URL that takes anything', () => answering(200, {}), /does not refuse unsigned requests/, /log/],
  ['a URL without a route', () => answering(403, {}), /does not refuse unsigned requests/, /log/],
  ['a queue that is gone', () => gone('QueueUrl'), /^The queue does not exist any more$/, /queue restore/],
];

/** Webhooks may be lost. */
const doubts: readonly Cause[] = [
  [
    'a key that is there twice',
    () => keyring(key, { ...key, key_id: '11111111-2222-4333-8444-555555555555' }),
    /do not match/,
    /keys list/,
  ],
  [
    'retries that are too late',
    () => send(toWire(webhook(), sandbox.provider.signingKey(), new Date(Date.now() - 2 * day))),
    /^The last signed requests were refused$/,
    /raise timestampToleranceSeconds/,
  ],
  [
    'only unsigned requests',
    async () => {
      noRequests();
      await send(toWire(webhook(), undefined), 10);
    },
    /^The last requests were unsigned$/,
    /keys list/,
  ],
  [
    'a template that does not escape',
    () => registered(callbackUrl, '{"notification_id":"$notificationId","text":"$moContent"}'),
    /^Webhook .* for OPT_OUT_SMS$/,
    /esc\.json/,
  ],
  ['dead letters', () => message(deadLetterQueueUrl), /^1 dead letter$/, /peek --dead-letters/],
  [
    'a queue that no longer moves dead letters',
    () => Object.assign(state.outputs, { QueueUrl: world.archiveDead }),
    /lost its redrive policy/,
    /--revert-drift/,
  ],
  [
    'dead letters that are there from before that',
    async () => {
      state.outputs.QueueUrl = world.archiveDead;
      await message(deadLetterQueueUrl);
    },
    /^(1 dead letter|The queue has lost its redrive policy)$/,
    /peek --dead-letters/,
  ],
  ['events that nobody receives', () => message(queueUrl), /^Events wait, and none is in flight$/, /consumer/],
  [
    'an event that has waited for three hours',
    () => Object.assign(state.ages, { 'events.fifo': 3 * 3600 }),
    /queue has waited 3 hours/,
    /queue stats/,
  ],
  [
    'a queue of which CloudWatch knows nothing',
    () => Object.assign(state, { ages: {} }),
    /^How long events have waited is not known$/,
    /^$/,
  ],
  ['a stream that waits', () => Object.assign(state.ages, { replies: 7200 }), /stream replies/, /archive-delayed/],
  ['dead letters of the archive', () => message(world.archiveDead), /could not be archived/, /archive-dead-letters/],
  ['a consumer that is off', () => Object.assign(state.consumers[0] ?? {}, { State: 'Disabled' }), /off/, /enabled/],
  [
    'an alarm that is on',
    () => Object.assign(state.alarms[0] ?? {}, { StateValue: 'ALARM' }),
    /^It is DeadLetters$/,
    /^See docs\/operations\.md#deadletters$/,
  ],
  [
    'an alarm that is on, with a runbook of your own',
    () => {
      const AlarmDescription = 'It waits. What to do: https://wiki.example.com/docs/operations.md#waits';
      Object.assign(state.alarms[2] ?? {}, { StateValue: 'ALARM', AlarmDescription });
    },
    /^It waits$/,
    /^https:\/\/wiki\.example\.com\/docs\/operations\.md#waits$/,
  ],
  ['an alarm that was deleted', () => state.alarms.pop(), /^Alarm .* was deleted$/, /by hand|same name/],
  [
    'alarms that notify nobody',
    () => state.alarms.map((alarm) => Object.assign(alarm, { AlarmActions: [] })),
    /^Alarms notify nobody$/,
    /alarmTopicArn/,
  ],
  [
    'an alarm whose actions are off',
    () => Object.assign(state.alarms[0] ?? {}, { ActionsEnabled: false }),
    /^Alarm s-DeadLetters notifies nobody$/,
    /enable-alarm-actions --alarm-names s-DeadLetters/,
  ],
  [
    'an alarm whose actions are gone',
    () => Object.assign(state.alarms[0] ?? {}, { AlarmActions: [] }),
    /^Alarm s-DeadLetters notifies nobody$/,
    /cdk drift/,
  ],
  [
    'a topic that is gone',
    () => instead('SNS', 404, '<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>'),
    /:alarms does not exist$/,
    /same name/,
  ],
  [
    'a topic that nobody hears',
    () => state.alarms.map((alarm) => Object.assign(alarm, { AlarmActions: [world.unheard] })),
    /no confirmed subscriber/,
    /sns subscribe/,
  ],
  [
    'a URL that other addresses may call',
    () => answering(403, { 'x-amzn-errortype': 'AccessDeniedException' }),
    /does not let this machine in/,
    /where calls are let in/,
  ],
  [
    'a clock of this machine that is wrong',
    () => answering(401, { date: new Date(Date.now() - hour).toUTCString() }),
    /clock of this machine/,
    /Set the clock/,
  ],
  [
    'a reconciliation that does not run',
    () => Object.assign(state.logs, { reconciliation: [] }),
    /No reconciliation ended/,
    /logs tail/,
  ],
  ['a list that is full', () => runs({ full: true }, {}), /delivery reports is full/, /reconcile/],
  [
    'a dead-letter queue that is gone',
    () => gone('QueueUrl', 'its-dead-letters.fifo'),
    /^The dead-letter queue does not exist any more$/,
    /queue restore/,
  ],
  ['a queue of the archive that is gone', () => gone('ArchiveQueueUrl'), /^A queue of the archive/, /queue restore/],
  [
    'a dead-letter queue of the archive that is gone',
    () => gone('ArchiveQueueUrl', 'its-dead-letters.fifo'),
    /^A queue of the archive/,
    /queue restore/,
  ],
];

/** What comes with a cause, because it is a consequence of it. */
const consequences =
  /^(No webhook at MessageMedia goes|How long events|The keyring (and the keys|has keys))|^No signed request in|misses the stack$/;

describe.each([
  [1, losses],
  [0, doubts],
] as const)('with the exit code %i', (exit, causes) => {
  test.each(causes)('%s is found', async (_name, cause, title, advice) => {
    await cause();
    const { code, issues } = await world.doctor();
    expect(code).toBe(exit);
    const found = issues.filter((one) => title.test(one.title));
    expect(found[0]?.suggestion).toMatch(advice);
    expect(issues.filter((one) => !title.test(one.title) && !consequences.test(one.title))).toEqual([]);
  });
});

const decoys: readonly [string, () => unknown][] = [
  ['a stack that is well', () => {}],
  ['requests of a scanner', () => send(toWire(webhook(), undefined), 5)],
  [
    'a request of a scanner, and nothing else',
    async () => {
      noRequests();
      await send(toWire(webhook(), undefined));
    },
  ],
  ['requests of a scanner before the last that was accepted', () => put('receiver', refused('unsigned'), hour, 500)],
  ['refusals that are over', () => put('receiver', refused('invalid_signature'), 3 * hour, 500)],
  ['failures that are over', () => put('receiver', { message: 'failed', reason: 'queue_unavailable' }, 3 * hour, 500)],
  ['a forgery among webhooks', () => put('receiver', refused('invalid_signature'), 130_000)],
  ['a repetition among webhooks', () => put('receiver', refused('stale_date', 'in the past'), 130_000)],
  [
    'a probe that a function did not know at first',
    () => {
      const keyId = '11111111-2222-4333-8444-555555555555';
      put('receiver', refused('unknown_key', `No such key (key id in the request: ${keyId})`), 3_000, 3);
      put('receiver', { message: 'probed', keyId }, 1_000);
    },
  ],
  ['a test event of the console', () => put('receiver', refused('malformed_event'), 1_000, 5)],
  [
    'a replaced key in the keyring',
    () => keyring({ ...other.answer, retired_at: '2026-01-01T00:00:00Z', deleted_at: '2026-01-02T00:00:00Z' }, key),
  ],
  ['a key that waits to be enabled', () => keyring(key, { ...other.answer, pending_since: '2026-01-01T00:00:00Z' })],
  ['an alarm without data', () => Object.assign(state.alarms[0] ?? {}, { StateValue: 'INSUFFICIENT_DATA' })],
  ['an event that has waited for half an hour', () => Object.assign(state.ages, { 'events.fifo': 1800 })],
  [
    'a clock that differs by half a minute',
    () => answering(401, { date: new Date(Date.now() - 30_000).toUTCString() }),
  ],
  [
    'a stack without archive and reconciliation',
    () => {
      for (const name of ['ArchiveQueueUrl', 'ReconciliationLogGroup']) delete state.outputs[name];
    },
  ],
  [
    'an imported queue, whose dead-letter queue the stack does not know',
    () => {
      delete state.outputs.DeadLetterQueueUrl;
    },
  ],
  [
    'a queue without a dead-letter queue',
    () => {
      state.outputs.QueueUrl = world.archiveDead;
      delete state.outputs.DeadLetterQueueUrl;
    },
  ],
  ['logs that many read at a time', () => Object.assign(state, { throttles: 9 })],
];

test.each(decoys)('%s is nothing to tell', async (_name, decoy) => {
  await decoy();
  const { code, health, issues } = await world.doctor();
  expect({ code, health }).toEqual({ code: 0, health: 'good' });
  expect(issues.filter(({ title }) => !consequences.test(title))).toEqual([]);
});
