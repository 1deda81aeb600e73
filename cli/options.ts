import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** The command line is wrong. The message is followed by a pointer to the command's help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The action of a command: calls `run` with its arguments, and then with its options and those of the program. */
export function withOptions<Given extends unknown[]>(run: (...given: Given) => Promise<void>) {
  return (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command;
    return run(...([...given.slice(0, -2), withStack(command.optsWithGlobals())] as unknown as Given));
  };
}

/** Between a stack and its receiver, both on a command line and in the name of a stack that commands pass on. */
export const receiverOption = ' --receiver ';

/** `--stack` and `--receiver` as one text, as it stands on a command line: so what is advised names both. */
function withStack({ receiver, ...options }: { stack?: string; receiver?: string }): object {
  if (receiver === undefined) return options;
  if (options.stack === undefined) throw new UsageError('Add --stack: --receiver says which receiver of it.');
  return { ...options, stack: `${options.stack}${receiverOption}${receiver}` };
}

/** A receiver's path in its stack, which can stand in a command line as it is. */
export function receiverPath(text: string): string {
  if (/^[\w.-]+(\/[\w.-]+)*$/.test(text)) return text;
  throw new InvalidArgumentError(
    'Give its path in the stack, such as Nested/Marketing, or the letters and digits of it.',
  );
}

export function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}

const units: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration such as `30m`, `2h` or `3d` in milliseconds; `undefined` for another text. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (units[unit] ?? 0);
}

/** Reads an option that is a duration of up to so many days, as milliseconds. */
export function durationUpTo(days: number): (text: string) => number {
  return (text) => {
    const milliseconds = parseDuration(text);
    if (milliseconds !== undefined && milliseconds <= days * 86_400_000) return milliseconds;
    throw new InvalidArgumentError(`It must be a duration such as 30m, 2h or 3d, up to ${days}d.`);
  };
}

/** The digest that a key signs with. */
export function digestOption(): Option {
  return new Option('--digest <name>', 'digest to sign with').choices(['SHA224', 'SHA256', 'SHA512']).default('SHA256');
}

/** The content of a file that was named; "-" is standard input. */
export async function readNamed(file: string): Promise<Buffer> {
  if (file === '-') return buffer(process.stdin);
  return readFile(file).catch((cause: unknown) => {
    throw new Error(`File ${file} could not be read.`, { cause });
  });
}
