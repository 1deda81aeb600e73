import { randomUUID } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { archiveEnvironment } from './archive-contract.ts';
import { ConnectingAgent } from './connections.ts';
import { environment, logMessages, metrics as names } from './contract.ts';
import { type Deadline, withDeadline } from './deadline.ts';
import { readEnvironment } from './environment.ts';
import { createQueueSender, queueSettings } from './event/queue-sender.ts';
import { createKeyring } from './keys/keyring-cache.ts';
import { secretText } from './keys/keyring-secret.ts';
import { createLog, describeError } from './log.ts';
import { createCapture } from './receiver/capture.ts';
import { answerWithin, clientSettings, deadlines } from './receiver/client-settings.ts';
import { type Answer, createReceiver, type Outcome } from './receiver/receiver.ts';
import { rehearseWebhook } from './receiver/rehearsal.ts';
import { rehearse, untilReady } from './warm-up.ts';

const log = createLog(process.env[environment.service] ?? names.service);

// Loaded before the first request, as every accepted webhook needs it; without an archive it never is.
const archiving = process.env[archiveEnvironment.streams] ? await import('./archive/archiver.ts') : undefined;

let receive: ReturnType<typeof createReceiver> | undefined;

/** Whether the keyring was read since the last request. If it was, the line of this request says so in a metric. */
let wasKeyringRead = false;

// In Lambda all settings are known before the first request. Until then the function has a whole CPU, and after that a part.
if (process.env[environment.keyringSecretId] && process.env[environment.queueUrl]) {
  const started = start();
  receive = started.receive;
  await untilReady(started.ready);
}

/** Lambda's entry point, for API Gateway (HTTP and REST API) and Function URLs. */
export async function handler(event: unknown, context?: { awsRequestId?: string }): Promise<Answer> {
  receive ??= start().receive;
  return receive(event, context?.awsRequestId ?? randomUUID());
}

function start() {
  const {
    queueUrl,
    keyringSecretId,
    timestampToleranceSeconds,
    overflowBucket,
    hasOwnS3Endpoint,
    archive,
    mappingKey,
  } = readEnvironment(process.env);
  const secrets = new SecretsManagerClient(clientSettings());
  const agent = new ConnectingAgent();
  const sqs = new SQSClient({ ...clientSettings(agent), ...queueSettings });

  const warn = (message: string, cause?: unknown) => log.warn(message, { cause: describeError(cause) });
  const keyring = createKeyring({
    load: async () => {
      const command = new GetSecretValueCommand({ SecretId: keyringSecretId });
      const text = secretText(await withDeadline(deadlines.load, (options) => secrets.send(command, options)));
      wasKeyringRead = true;
      return text;
    },
    now: Date.now,
    warn: (message, cause) => {
      if (cause === undefined) return log.warn(message);
      wasKeyringRead = false;
      log.warn(message, { cause: describeError(cause) }, { values: { [names.keyringLoadFailed]: 1 } });
    },
  });
  const send = createQueueSender(sqs, queueUrl, deadlines.send);
  const storage = overflowBucket === undefined ? undefined : storageIn(overflowBucket, hasOwnS3Endpoint);
  const archiver = archive && archiving?.createArchiver(archive, { credentials: fromEnv(), sqs, log });
  const receive = createReceiver({
    keyring,
    send,
    archive: archiver?.archive,
    store: storage?.store,
    capture: storage && createCapture({ keyring, put: storage.put, deadline: deadlines.store, warn }),
    now: Date.now,
    toleranceSeconds: timestampToleranceSeconds,
    mappingKey,
    answerWithin,
    report,
  });
  const rehearsing = {
    send: (command: SendMessageCommand, options: Deadline) =>
      rehearse(command, () => sqs.send(command, options), agent, '{"MessageId":"rehearsed"}'),
  };
  const ready = Promise.allSettled([
    // The keyring reports a failure, and the first request tries again.
    keyring.keys(),
    rehearseWebhook(createQueueSender(rehearsing, queueUrl, deadlines.send)),
    archiver?.rehearse(),
  ]);
  return { receive, ready };
}

/** Few events are so large, and few requests are captured, so their code is loaded when it is first needed. */
function storageIn(bucket: string, forcePathStyle: boolean) {
  const config = { ...clientSettings(), forcePathStyle };
  const load = async () => {
    const { createOverflowStore } = await import('./event/overflow-store.ts');
    return createOverflowStore(bucket, config, deadlines.store);
  };
  let loading: ReturnType<typeof load> | undefined;
  const storage = () => {
    loading ??= load();
    return loading;
  };
  return {
    store: async (data: Uint8Array, contentType: string | undefined) => (await storage()).store(data, contentType),
    put: async (name: string, text: string, options: Deadline) => (await storage()).keep(name, text, options),
  };
}

function report(outcome: Outcome): void {
  if (outcome.outcome === logMessages.accepted) reportAccepted(outcome);
  else if (outcome.outcome !== logMessages.probed) reportProblem(outcome);
  else {
    const { outcome: name, ...fields } = outcome;
    log.info(name, fields);
  }
}

type Accepted = Extract<Outcome, { outcome: typeof logMessages.accepted }>;

/** What counts failures gets a 0 from each success. Without it CloudWatch would not know when a failure has ended. */
function reportAccepted({ outcome, age, stored, ...fields }: Accepted): void {
  const values = {
    [names.accepted]: 1,
    [names.age]: Math.max(0, age),
    [names.signedRefused]: 0,
    [names.enqueueFailed]: 0,
    ...(stored && { [names.storageFailed]: 0 }),
    ...(archiving && { [names.archiveFailed]: 0 }),
    ...keyringRead(),
    ...(fields.unrendered && { [names.unidentified]: 1 }),
    ...(fields.unreadable && { [names.unreadable]: 1 }),
  };
  // A warning, because a template is wrong: its events have no ids, or no payload.
  if (fields.unrendered || fields.unreadable) log.warn(outcome, fields, { values });
  else log.info(outcome, fields, { values });
}

type Problem = Extract<Outcome, { error: unknown }>;

function reportProblem({ outcome, error, ...fields }: Problem): void {
  const entry = { ...fields, detail: describeError(error) };
  const ofAlarms = { ...problemValues(fields.reason), ...keyringRead() };
  const alarms = Object.keys(ofAlarms).length > 0 ? [{ values: ofAlarms }] : [];
  // Counted once without and once with the reason.
  const dimensions = [['service'], ['service', 'reason']];
  if (outcome === logMessages.refused)
    log.warn(outcome, entry, { values: { [names.refused]: 1 }, dimensions }, ...alarms);
  else {
    const stack = fields.reason === 'unexpected' && error instanceof Error ? { stack: error.stack } : {};
    log.error(outcome, { ...entry, ...stack }, { values: { [names.failed]: 1 }, dimensions }, ...alarms);
  }
  if (fields.captured !== undefined) log.info('captured', {}, { values: { [names.captured]: 1 } });
}

/** What an alarm counts by its reason. Everything that has a signature and is refused may be a webhook that is lost. */
function problemValues(reason: Problem['reason']): Record<string, number> {
  switch (reason) {
    case 'unsigned':
      return { [names.accepted]: 0 };
    case 'queue_unavailable':
      return { [names.enqueueFailed]: 1 };
    case 'storage_unavailable':
      return { [names.storageFailed]: 1 };
    case 'malformed_event':
    case 'keyring_unavailable':
    case 'unexpected':
      return {};
    default:
      return { [names.signedRefused]: 1 };
  }
}

function keyringRead(): Record<string, number> {
  if (!wasKeyringRead) return {};
  wasKeyringRead = false;
  return { [names.keyringLoadFailed]: 0 };
}
