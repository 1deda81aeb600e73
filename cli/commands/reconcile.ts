import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { type Command, Option } from 'commander';
import { environment } from '../../lambda/contract.ts';
import { storeIn } from '../../lambda/event/overflow-store.ts';
import { createQueueSender } from '../../lambda/event/queue-sender.ts';
import { ownerOf } from '../../lambda/keys/account-keys.ts';
import { reconcile } from '../../lambda/reconcile/reconcile.ts';
import type { ReconciliationCounts, ReconciliationDependencies } from '../../lambda/reconcile/reconciliation-run.ts';
import { createLogSearch, maxWait } from '../../lambda/reconcile/seen-in-logs.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import { explain, formatTable, print, progress, wrap } from '../../terminal/output.ts';
import { confirm } from '../../terminal/question.ts';
import { pause, watch } from '../../terminal/waiting.ts';
import { watched } from '../aws.ts';
import { connectProvider, type GlobalOptions, readKeyring, readOutputs } from '../connections.ts';
import { durationUpTo, UsageError, withOptions } from '../options.ts';
import { connectS3, connectSqs } from '../places.ts';
import { shortestRetention, targetOf } from '../target.ts';

interface Options extends GlobalOptions {
  stack?: string;
  queueUrl?: string;
  since?: number;
  grace: number;
  confirm?: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

export function addReconcileCommand(program: Command): void {
  program
    .command('reconcile')
    .description('queue the delivery reports and replies whose webhook did not arrive')
    .addOption(
      new Option('--stack <name>', 'the deployed stack whose queue, bucket and log to use').conflicts('queueUrl'),
    )
    .option('--queue-url <URL>', `the event queue (default: ${environment.queueUrl})`)
    .addOption(
      new Option('--since <duration>', 'skip older events: 30m, 2h, 3d (default: take all that are listed)').argParser(
        durationUpTo(45),
      ),
    )
    .addOption(
      new Option('--grace <duration>', 'skip younger events, whose webhook may still come')
        .argParser(durationUpTo(45))
        .default(15 * 60_000, '15m'),
    )
    .addOption(
      new Option(
        '--confirm',
        "remove queued events from MessageMedia's lists, for everybody who polls the account",
      ).conflicts('dryRun'),
    )
    .option('--dry-run', 'only say what would be queued')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      wrap(`
MessageMedia lists the oldest 100 delivery reports and the oldest 100 replies that nobody confirmed, and keeps them for
45 days. Opt-outs are elsewhere: see "mmw opt-outs". A full list hides what is newer; only --confirm goes on to it. The log of the stack says which
events arrived already. What is older than the log, and without --stack every event, is queued, and the FIFO queue and consumers
drop the repetitions.`),
    )
    .action(withOptions(run));
}

async function run(options: Options): Promise<void> {
  if (options.since !== undefined && options.grace >= options.since) {
    throw new UsageError('--since must be longer than --grace (15m if not given), else no event is between the two.');
  }
  const provider = connectProvider(options);
  const { logKept, keyring, ...target } = await connectTarget(options);
  // Signature keys are those of the account, also when the lists are those of a sub-account.
  const { account: _account, ...own } = options;
  const owner = keyring === undefined ? undefined : await ownerOf(connectProvider(own), keyring);
  if (options.confirm) {
    const question = 'Confirm queued events at MessageMedia? Nobody else gets them by polling this account then.';
    await confirm(question, options);
  }
  const { notes, errors, ...counts } = await reconcile(
    {
      provider,
      owner,
      ...target,
      now: Date.now,
      pause,
      recovered: ({ id, type }) => progress(`queued ${type} ${id}`),
    },
    { ...options, logKept, command: commandOf(options) },
  );
  for (const note of notes) progress(note);
  for (const error of errors) progress(explain(error));
  const rows = [row('delivery reports', counts.deliveryReports), row('replies', counts.replies)];
  const queued = options.dryRun ? 'to queue' : 'queued';
  const heads = ['', 'listed', queued, 'known', 'younger', 'older', 'confirmed', 'failed'];
  print(options.json, { ...counts, notes, errors: errors.map(explain) }, formatTable(heads, rows));
  if (errors.length > 0) process.exitCode = 1;
}

function row(name: string, { listed, recovered, known, younger, older, confirmed, failed }: ReconciliationCounts) {
  return [name, ...[listed, recovered, known, younger, older, confirmed, failed].map(String)];
}

/** The command without options that leave something. */
function commandOf({ stack, queueUrl, baseUrl, account }: Options): string {
  const named = { stack, 'queue-url': queueUrl, 'base-url': baseUrl, account };
  const options = Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]));
  return ['npx mmw reconcile', ...options].join(' ');
}

async function connectTarget(options: Options): Promise<
  Pick<ReconciliationDependencies, 'send' | 'archive' | 'store' | 'seen'> & {
    logKept?: number;
    keyring: string | undefined;
  }
> {
  const found = options.stack === undefined ? undefined : await readOutputs(options.stack);
  const { queueUrl, archiveQueueUrl, bucket, logGroups } = targetOf(options, found, process.env);
  const deadline = 30_000;
  const sqs = connectSqs(queueUrl);
  const archive = archiveQueueUrl === undefined ? undefined : createQueueSender(sqs, archiveQueueUrl, deadline);
  return {
    keyring: await readKeyring(found ? found.get(outputs.keyringSecretArn) : process.env[environment.keyringSecretId]),
    send: createQueueSender(sqs, queueUrl, deadline),
    archive: archive && ((message) => archive(message).catch((error) => progress(`not archived: ${explain(error)}`))),
    store: bucket ? storeIn(bucket, connectS3(), deadline) : undefined,
    ...(logGroups.length > 0 && (await connectLog(logGroups))),
  };
}

async function connectLog(logGroups: string[]) {
  const client = watched(new CloudWatchLogsClient());
  const logKept = await shortestRetention(client, logGroups).catch((error) =>
    progress(`It is not known how long the log is kept: ${explain(error)}`),
  );
  const search = createLogSearch({ client, logGroups, now: Date.now, pause: sleep });
  const seen: typeof search = (ids, since, of) =>
    watch(`Searching the log for ${ids.length} ids`, maxWait, search(ids, since, of));
  return { seen, ...(logKept !== undefined && { logKept }) };
}
