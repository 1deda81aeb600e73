import { type Command, Option } from 'commander';
import { print, progress, wrap } from '../../terminal/output.ts';
import { confirm } from '../../terminal/question.ts';
import { counted, visibleOnOneLine } from '../../terminal/text.ts';
import { addArchiveOptions } from '../archive/archive-bucket.ts';
import { describeLock, erasePerson } from '../archive/erase.ts';
import { type Found, findPerson } from '../archive/find-person.ts';
import { type Person, parsePhone } from '../archive/person.ts';
import { withOptions } from '../options.ts';
import { describeBadLine, listRange, type RangeOptions, withProgress } from './archive-range.ts';

type Options = RangeOptions<{ phone?: string; dryRun?: boolean; yes?: boolean }>;

export function addEraseCommand(archive: Command): void {
  addArchiveOptions(archive.command('erase').description("erase a person's events from the archive"))
    .addOption(new Option('--subject <id>', 'the events about this message').conflicts('phone'))
    .option('--phone <number>', 'the events from and to this phone, such as +61491570157', parsePhone)
    .option('--from <time>', 'only events that arrived at this time or later')
    .option('--to <time>', 'only events that arrived before this time')
    .option('--dry-run', 'only say what would be erased')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      wrap(`
Objects are rewritten without the person's lines, and the data of large events is deleted. If the bucket keeps versions, their old
versions are deleted too, after the lines of everybody else were taken out of them. If it is stopped, run it again. If anything is locked,
nothing is erased. The queue, dead letters, the bucket for large events, logs and
the data of consumers are not changed: see docs/archive.md.`),
    )
    .action(withOptions(run));
}

async function run({ subject, phone, ...options }: Options): Promise<void> {
  const person = personOf(subject, phone);
  const range = await listRange(options);
  const found = await withProgress(range, (watched) => findPerson(watched, person));
  for (const line of found.unreadable) progress(describeBadLine(line));
  for (const line of found.uncertain) progress(describeBadLine(line, 'not erased'));
  if (found.unreadable.length + found.uncertain.length > 0) {
    progress('These lines may be about the person too, or need the same data: check them yourself.');
    process.exitCode = 1;
  }
  for (const lock of found.locks) progress(visibleOnOneLine(describeLock(lock)));
  if (options.dryRun || found.events === 0) {
    print(options.json, { ...found, erased: 0 }, `${describe(found)} would be erased.`);
    return;
  }
  if (found.locks.length === 0)
    await confirm(`Erase ${describe(found)}? Neither they nor their signatures can be restored.`, options);
  const erased = await erasePerson(range.archive, person, found);
  const { objects, data, unreadable, uncertain } = found;
  print(
    options.json,
    { erased, objects, data, unreadable, uncertain },
    `Erased: ${describe({ ...found, events: erased })}.`,
  );
}

function personOf(subject: string | undefined, phone: string | undefined): Person {
  if (subject !== undefined) return { subject };
  if (phone !== undefined) return { phone };
  throw new Error('Nothing says whose events to erase: give --subject or --phone.');
}

function describe({ events, objects, data }: Found): string {
  const large = data.length === 0 ? '' : `, and ${counted(data.length, 'object')} with data`;
  return `${counted(events, 'event')} in ${counted(objects.length, 'object')}${large}`;
}
