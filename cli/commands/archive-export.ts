import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { isClosedPipe, progress, wrap } from '../../terminal/output.ts';
import { exportEvents, exportFormats } from '../archive/export.ts';
import type { BrokenLine } from '../archive/read-archive.ts';
import {
  addRangeCommand,
  describeBadLine,
  openRange,
  type RangeOptions,
  readKeys,
  watchReading,
} from './archive-range.ts';

type Options = RangeOptions<{
  format: (typeof exportFormats)[number];
  output?: string;
  verdict?: boolean;
  keys?: string;
}>;

/** `mmw archive export`: writes events as a table, or as lines of JSON. */
export function addExportCommand(archive: Command): void {
  addRangeCommand(archive, 'export', 'write events as CSV or as lines of JSON, each event once')
    .option('--id <id>', 'only the event with this id')
    .addOption(new Option('--format <format>', 'format of the output').choices(exportFormats).default('csv'))
    .option('--output <file>', 'a new file that only you can read (default: standard output)')
    .option('--verdict', 'verify each signature, and add the result')
    .option('--keys <file>', 'a keyring for --verdict, instead of the archived keys')
    .addHelpText(
      'after',
      wrap(`
In CSV, a cell that begins with = + - or @ gets a ' before it, so that no spreadsheet treats it as a formula. Phone numbers get it too.
A line of JSON is the event as it was queued, and can still be verified.`),
    )
    .action((_options, command: Command) => run(command.optsWithGlobals()));
}

async function run(options: Options): Promise<void> {
  const range = await openRange(options);
  const keys = options.verdict ? await readKeys(range, options.keys) : undefined;
  const output =
    options.output === undefined ? process.stdout : (await open(options.output, 'wx', 0o600)).createWriteStream();
  const { onRead, clear } = await watchReading(range);
  let events = 0;
  const broken = (line: BrokenLine) => {
    clear();
    progress(describeBadLine(line));
    process.exitCode = 1;
  };
  async function* lines() {
    const { archive, selection, now } = range;
    const read = (object: Parameters<typeof onRead>[0]) => onRead(object, events);
    for await (const line of exportEvents(archive, { selection, now, format: options.format, keys, broken, read })) {
      events++;
      yield line;
    }
  }
  try {
    await pipeline(Readable.from(lines()), output, { end: output !== process.stdout });
  } catch (error) {
    if (!(error instanceof Error && isClosedPipe(error))) throw error;
  }
  clear();
  if (options.output !== undefined) progress(`${options.output} is written.`);
}
