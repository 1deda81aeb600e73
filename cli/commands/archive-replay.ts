import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { environment } from '../../lambda/contract.ts';
import { explain, print, progress, wrap } from '../../terminal/output.ts';
import { confirm } from '../../terminal/question.ts';
import { counted, visibleOnOneLine } from '../../terminal/text.ts';
import { connectArchive } from '../archive/archive-bucket.ts';
import { openRange } from '../archive/read-archive.ts';
import { type ReplayReport, replay } from '../archive/replay.ts';
import { openReplayState } from '../archive/replay-state.ts';
import { readSelection } from '../archive/selection.ts';
import { UsageError, wholeNumber, withOptions } from '../options.ts';
import { connectQueues, createSender } from '../queue/queues.ts';
import { stoppable } from '../stopping.ts';
import { addRangeCommand, describeBadLine, type RangeOptions, readKeys, withProgress } from './archive-range.ts';

type Options = RangeOptions<{
  queueUrl?: string;
  rate?: number;
  replayId?: string;
  state?: string;
  keys?: string;
  all?: boolean;
  dryRun?: boolean;
  yes?: boolean;
}>;

export function addReplayCommand(archive: Command): void {
  addRangeCommand(archive, 'replay', 'queue events again, each once, in the order in which they arrived')
    .addOption(new Option('--all', 'the whole archive, instead of --from').conflicts('from'))
    .option('--id <id>', 'only the event with this id')
    .option('--queue-url <URL>', `the queue to send to (default: the stack's, or ${environment.queueUrl})`)
    .option('--rate <number>', 'at most so many events a second: 1 to 10000', wholeNumber(1, 10_000))
    .option('--replay-id <id>', 'a name for this replay, or the name of one to continue', parseReplayId)
    .option('--state <file>', 'the file that keeps the progress (default: mmw-replay-<replay id>.json)')
    .option('--keys <file>', 'a keyring to verify with, instead of the archived keys')
    .option('--dry-run', 'only say what would be sent')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      wrap(`
Each event gets an attribute mmreplay, the id of the replay. Consumers that remember ids skip events that they have handled, unless they
are set to handle replays: see docs/archive.md. Events that do not verify are not sent.

To continue after Ctrl-C or a crash, run the same command with --replay-id. It sends what it has not sent yet, also events that could not
be verified or were refused before. After a crash, the last hundred events may be sent again. A FIFO queue drops them within five minutes.`),
    )
    .action(withOptions(run));
}

function parseReplayId(text: string): string {
  if (/^[\w.-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('Give up to 64 letters, digits, dots, hyphens and underscores.');
}

async function run(options: Options): Promise<void> {
  const { from, to, type, subject, id, all, replayId = randomUUID() } = options;
  if (from === undefined && !all) throw new UsageError('Give --from, or --all for the whole archive.');
  // A replay takes hours, in which SQS may be slow or busy for a while.
  const queues = await connectQueues(options, { maxAttempts: 8 });
  const archive = await connectArchive(options);
  const { bucket } = archive;
  const request = { replayId, bucket, queueUrl: queues.queueUrl, ...defined({ from, to, type, subject, id }) };
  const state = openReplayState(options.state ?? `mmw-replay-${replayId}.json`, request, Date.now());
  // What arrives later is queued anyway.
  const selection = { to: state.startedAt + 1, ...readSelection(options, state.startedAt) };
  const range = await openRange(archive, selection);
  const keys = await readKeys(range, options.keys);
  if (!options.dryRun)
    await confirm(`Queue the events of ${counted(range.objects.length, 'object')} of ${bucket} again?`, options);
  const howToContinue = `To continue, run the same command with --replay-id ${replayId}.`;
  const report = await withProgress(range, (watched) =>
    stoppable((signal) =>
      replay(watched, {
        ...{ replayId, keys, state, signal, rate: options.rate, wait: sleep, isDryRun: options.dryRun ?? false },
        ...{ store: queues.store, send: createSender(queues) },
        onBad: (line) => progress(describeBadLine(line)),
        onRefused: (event, error) =>
          progress(visibleOnOneLine(`The queue does not take event ${event}: ${explain(error)}`)),
      }),
    ),
  ).catch((cause: unknown) => {
    throw new Error(`Replay ${replayId} stopped. ${howToContinue}`, { cause });
  });
  const isDone = report.bad === 0 && report.refused === 0 && report.isFinished;
  if (isDone && !options.dryRun) state.remove();
  if (!isDone) process.exitCode = 1;
  if (!report.isFinished) progress(`Stopped. ${howToContinue}`);
  print(options.json, { replayId, ...report }, describeReport(replayId, report, options.dryRun));
}

function describeReport(
  replayId: string,
  { sent, sentBefore, duplicates, bad, refused }: ReplayReport,
  dryRun?: boolean,
): string {
  const kinds = Object.entries(sent).map(([type, count]) => `${count} ${type}`);
  const total = Object.values(sent).reduce((sum, count) => sum + count, 0);
  return [
    `Replay ${replayId}: ${counted(total, 'event')} ${dryRun ? 'to send' : 'sent'}${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}.`,
    ...(sentBefore > 0 ? [`Sent by an earlier run: ${counted(sentBefore, 'event')}.`] : []),
    ...(duplicates > 0 ? [`Skipped: ${counted(duplicates, 'duplicate line')}.`] : []),
    ...(bad > 0 ? [`Not sent: ${counted(bad, 'bad line')}.`] : []),
    ...(refused > 0 ? [`Not taken by the queue: ${counted(refused, 'event')}.`] : []),
  ].join('\n');
}

function defined<Given extends object>(given: Given): Partial<Given> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<Given>;
}
