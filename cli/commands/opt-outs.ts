import { type Command, Option } from 'commander';
import { explain, formatTable, print, printLine, progress, wrap } from '../../terminal/output.ts';
import { connectProvider, type GlobalOptions } from '../connections.ts';
import { byNumber, type Listing, mostPages, type OptedOutNumber, readBlacklist, readReport } from '../opt-outs.ts';
import { durationUpTo, UsageError, withOptions } from '../options.ts';

interface Options extends GlobalOptions {
  since: number;
  numbers?: boolean;
}

export function addOptOutsCommand(program: Command): void {
  program
    .command('opt-outs')
    .description('list the numbers on the blacklist of the account, and when each opted out')
    .addOption(
      new Option('--since <duration>', 'how far to look back for opt-outs: 30m, 2h, 3d, up to 365d')
        .argParser(durationUpTo(365))
        .default(30 * 86_400_000, '30d'),
    )
    .option('--numbers', 'only the numbers on the blacklist, one on a line, to compare with a list of your own')
    .addHelpText('after', wrap(notes))
    .action(withOptions(run));
}

const notes = `
MessageMedia puts a phone on the blacklist of the account when it answers a message with an opt-out keyword such as STOP.
Numbers are also added and removed by hand. The blacklist does not say when a number was added, or why. The report has
the messages that triggered an opt-out since --since. A number that is only in the report was removed from the
blacklist, or opted out of a sub-account, or your account handles opt-outs itself.

Neither list has the id of the opt-out's webhook, so nothing is queued. MessageMedia does not document whether a STOP from
a phone that nobody wrote to is in the lists, how far back the report goes, and in which zone its times are. They are
asked for in UTC.

At most ${mostPages.blacklist * 100} numbers and ${mostPages.report * 100} opt-outs are read. The command fails if there are more, or if the report cannot be read,
and shows what it has read.`;

async function run(options: Options): Promise<void> {
  if (options.numbers && options.json) throw new UsageError("option '--numbers' cannot be used with option '--json'");
  const api = connectProvider(options);
  const to = new Date();
  const from = new Date(to.getTime() - options.since);
  const blacklist = await readBlacklist(api, (count) => {
    if (count > 0 && count % 10_000 === 0) progress(`${count} numbers so far`);
  });
  warn(blacklist.problem);
  if (options.numbers) {
    for (const number of blacklist.items) await printLine(number);
    return;
  }
  const report = await readReport(api, from, to).catch(
    (error: unknown): Listing<never> => ({ items: [], problem: `The report could not be read. ${explain(error)}` }),
  );
  warn(report.problem);
  const numbers = byNumber(blacklist, report.items);
  const result = {
    blacklist: { numbers: blacklist.items.length, complete: blacklist.problem === undefined },
    report: { from, to, opt_outs: report.items.length, complete: report.problem === undefined },
    numbers,
  };
  print(options.json, result, numbers.length > 0 ? tableOf(numbers) : nothing(result));
}

function warn(problem: string | undefined): void {
  if (problem === undefined) return;
  progress(problem);
  process.exitCode = 1;
}

interface Result {
  blacklist: { complete: boolean };
  report: { complete: boolean; from: Date };
}

function nothing({ blacklist, report }: Result): string {
  if (!blacklist.complete) return 'No number was read.';
  const reported = report.complete ? `, and the report has no opt-out since ${report.from.toISOString()}` : '';
  return `No number is on the blacklist${reported}.`;
}

const answers = { true: 'yes', false: 'no', null: 'unknown' };

function tableOf(numbers: readonly OptedOutNumber[]): string {
  const rows = numbers.map(({ number, blacklisted, opt_outs: [last, ...earlier] }) => [
    number,
    answers[`${blacklisted}`],
    last?.timestamp ?? '',
    last?.message_id ?? '',
    last?.in_response_to ?? '',
    earlier.length > 0 ? String(earlier.length) : '',
  ]);
  return formatTable(['number', 'blacklisted', 'opted out', 'by message', 'an answer to', 'earlier'], rows);
}
