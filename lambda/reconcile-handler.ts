import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { connectArchiver } from './archive/connect-archiver.ts';
import { backgroundSettings } from './background-settings.ts';
import { environment, metrics as names, reconciliationService } from './contract.ts';
import { describeError } from './describe-error.ts';
import { readReconciliationEnvironment } from './environment.ts';
import { createOverflowStore } from './event/overflow-store.ts';
import { createQueueSender, queueSettings } from './event/queue-sender.ts';
import { createLog } from './log.ts';
import { connectWithSecret } from './provider/api-credentials.ts';
import { reconcile } from './reconcile/reconcile.ts';
import { createLogSearch } from './reconcile/seen-in-logs.ts';

const logger = createLog(reconciliationService);
// The metrics belong to the receiver whose webhooks were lost.
const receiverLog = createLog(process.env[environment.service] ?? names.service);

/** How old an event may be, and how long a run starts further pages, which is a minute less than the function's timeout. */
const since = 24 * 3_600_000;
const runTime = 4 * 60_000;

const clientSettings = backgroundSettings(10_000);
/** Longest time of a call with all its tries, in milliseconds. */
const deadline = 15_000;

/** Lambda's entry point for the schedule: queues the events of the last day whose webhook did not arrive. */
export async function handler(): Promise<void> {
  const settings = readReconciliationEnvironment(process.env);
  const { apiCredentialsSecretId, baseUrl, queueUrl, overflowBucket, hasOwnS3Endpoint, logGroups, confirm, archive } =
    settings;
  const stopAt = Date.now() + runTime;
  const provider = await connectWithSecret(new SecretsManagerClient(clientSettings), apiCredentialsSecretId, baseUrl);
  const sqs = new SQSClient({ ...clientSettings, ...queueSettings });
  const s3 = { ...clientSettings, forcePathStyle: hasOwnS3Endpoint };
  const { notes, errors, ...counts } = await reconcile(
    {
      provider,
      send: createQueueSender(sqs, queueUrl, deadline),
      archive: archive && connectArchiver(archive, { credentials: fromEnv(), sqs, log: receiverLog }),
      store: overflowBucket === undefined ? undefined : createOverflowStore(overflowBucket, s3, deadline),
      seen: createLogSearch({
        client: new CloudWatchLogsClient(clientSettings),
        logGroups,
        now: Date.now,
        pause: sleep,
      }),
      now: Date.now,
      recovered: (event) => logger.info('recovered', event),
    },
    { since, confirm, stopAt },
  );
  const recovered = counts.deliveryReports.recovered + counts.replies.recovered;
  receiverLog.info('recovered in all', {}, { values: { [names.recovered]: recovered } });
  logger.info('reconciled', counts);
  for (const note of notes) logger.warn(note);
  for (const error of errors) logger.error('failed', { detail: describeError(error) });
  if (errors.length > 0)
    throw new Error(`Reconciliation had ${errors.length} failures, the first: ${describeError(errors[0])}`);
}
