import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { createArchiver } from './archive/archiver.ts';
import { backgroundSettings } from './background-settings.ts';
import { environment, logMessages, metrics as names, reconciliationService } from './contract.ts';
import { readReconciliationEnvironment } from './environment.ts';
import { storeIn } from './event/overflow-store.ts';
import { createQueueSender, queueSettings } from './event/queue-sender.ts';
import { ownerOf } from './keys/account-keys.ts';
import { secretText } from './keys/keyring-secret.ts';
import { createLog, describeError } from './log.ts';
import { connectWithSecret } from './messagemedia/api-credentials.ts';
import { reconcile } from './reconcile/reconcile.ts';
import type { ReconciliationResult } from './reconcile/reconciliation-run.ts';
import { createLogSearch } from './reconcile/seen-in-logs.ts';

const logger = createLog(reconciliationService);
// The metrics belong to the receiver whose webhooks were lost.
const receiverLog = createLog(process.env[environment.service] ?? names.service);

/** How long a run queues events: a minute less than the function's timeout. */
const runTime = 4 * 60_000;

const day = 24 * 3_600_000;

/** Kept while the function stays warm. */
const remembered = new Set<string>();

const clientSettings = backgroundSettings(10_000);
/** Longest time of a call with all its tries, in milliseconds. */
const deadline = 15_000;

/** Lambda's entry point for the schedule: queues the events whose webhook did not arrive. */
export async function handler(): Promise<void> {
  const settings = readReconciliationEnvironment(process.env);
  const { apiCredentialsSecretId, baseUrl, queueUrl, overflowBucket, hasOwnS3Endpoint, logGroups, archive } = settings;
  const stopAt = Date.now() + runTime;
  const secrets = new SecretsManagerClient(clientSettings);
  const { provider, keyProvider } = await connectWithSecret(secrets, apiCredentialsSecretId, baseUrl);
  const keyring = await secrets.send(new GetSecretValueCommand({ SecretId: settings.keyringSecretId }));
  const owner = await ownerOf(keyProvider, secretText(keyring));
  const sqs = new SQSClient({ ...clientSettings, ...queueSettings });
  const s3 = { ...clientSettings, forcePathStyle: hasOwnS3Endpoint };
  const { notes, errors, ...counts } = await reconcile(
    {
      provider,
      owner,
      send: createQueueSender(sqs, queueUrl, deadline),
      archive: archive && createArchiver(archive, { credentials: fromEnv(), sqs, log: receiverLog }).archive,
      store: overflowBucket === undefined ? undefined : storeIn(overflowBucket, new S3Client(s3), deadline),
      seen: createLogSearch({
        client: new CloudWatchLogsClient(clientSettings),
        logGroups,
        now: Date.now,
        pause: sleep,
      }),
      remembered,
      now: Date.now,
      pause: sleep,
      recovered: (event) => logger.info(logMessages.recovered, { ...event }),
    },
    {
      confirm: settings.confirm,
      stopAt,
      logKept: settings.logDays * day,
      leavesUnknown: true,
      command: `npx --no mmw reconcile --stack ${settings.stack} --base-url ${baseUrl}`,
    },
  );
  const recovered = counts.deliveryReports.recovered + counts.replies.recovered;
  const full = countFull(counts);
  const values = { [names.recovered]: recovered, ...(full !== undefined && { [names.fullLists]: full }) };
  receiverLog.info('recovered in all', {}, { values });
  logger.info('reconciled', counts);
  for (const note of notes) logger.warn(note);
  for (const error of errors) logger.error('failed', { detail: describeError(error) });
  if (errors.length > 0)
    throw new Error(`Reconciliation had ${errors.length} failures, the first: ${describeError(errors[0])}`);
}

/** How many lists hide newer items; `undefined` if that is not known of a list that could not be read. */
function countFull({ deliveryReports, replies }: Omit<ReconciliationResult, 'notes' | 'errors'>): number | undefined {
  const lists = [deliveryReports, replies];
  const full = lists.filter((list) => list.full).length;
  return full > 0 || lists.every((list) => list.full === false) ? full : undefined;
}
