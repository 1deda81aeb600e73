import { getBorderCharacters, table } from 'table';
import { statusLine } from './status-line.ts';

/** Prints a result: as JSON for scripts, else as text for people. */
export function print(json: boolean | undefined, result: unknown, text: string): void {
  console.log(json ? toJson(result, 2) : visible(text));
}

/**
 * Prints a line of a result, and resolves when the whole of it is written.
 *
 * @throws {ClosedPipeError} when nobody reads any more
 */
export function printLine(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => {
      if (!error) resolve();
      else reject(isClosedPipe(error) ? new ClosedPipeError() : error);
    });
  });
}

/** Tells what is being done. Kept off standard output, which is the result's alone. */
export function progress(message: string): void {
  statusLine.clear();
  console.error(visible(message));
}

/**
 * Rows under headings; where the terminal is too narrow for them, each row is a block of lines under its first cell. What
 * would move the cursor is shown as text; a line break in a cell stays in its cell.
 *
 * @param width characters that fit on a line
 */
export function formatTable(heads: string[], rows: string[][], width = terminalWidth()): string {
  const shown = rows.map((cells) => cells.map(visible));
  const wide = table([heads, ...shown], {
    border: getBorderCharacters('norc'),
    drawHorizontalLine: (index, count) => index < 2 || index === count,
  }).trimEnd();
  return wide.indexOf('\n') <= width ? wide : shown.map((cells) => formatBlock(heads, cells)).join('\n\n');
}

function formatBlock([, ...heads]: string[], [first = '', ...cells]: string[]): string {
  const indent = Math.max(...heads.map(({ length }) => length)) + 4;
  const lines = cells.flatMap((cell, index) =>
    cell === ''
      ? []
      : `  ${(heads[index] ?? '').padEnd(indent - 2)}${cell.replaceAll('\n', `\n${' '.repeat(indent)}`)}`,
  );
  return [first, ...lines].join('\n');
}

/** Paragraphs in lines that fit the terminal, as commander writes the rest of a help. */
export function wrap(text: string, width = Math.min(process.stdout.columns ?? 80, 100)): string {
  const fold = (paragraph: string) =>
    paragraph.split(/\s+/).reduce((lines, word) => {
      const last = lines.length - lines.lastIndexOf('\n') - 1;
      return lines === '' ? word : `${lines}${last + 1 + word.length > width ? '\n' : ' '}${word}`;
    }, '');
  return `\n${text.trim().split('\n\n').map(fold).join('\n\n')}`;
}

/** Output that is no terminal has lines of any length. */
function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
}

/** Nobody reads what is printed, as after `| head`. */
export class ClosedPipeError extends Error {
  override readonly name = 'ClosedPipeError';

  constructor() {
    super('Nobody reads the output any more.');
  }
}

/**
 * Lets a command whose output nobody reads any more come to its end: what it began, such as a key that is to be stored,
 * is not broken off in the middle.
 */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (!isClosedPipe(error)) throw error;
    });
  }
}

function isClosedPipe(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}

/**
 * Text with its control characters written out (`\u001b`), but for line breaks: what others wrote cannot move the cursor,
 * colour the screen, or turn the direction of reading.
 */
export function visible(text: string): string {
  return text.replace(/(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, escaped);
}

/** As `visible`, for what must stay on one line. */
export function visibleOnOneLine(text: string): string {
  return visible(text).replaceAll('\n', escaped);
}

/** JSON that can be shown. It has escapes of its own for most control characters, and gets them for the others. */
export function toJson(value: unknown, indent?: number): string {
  return visible(JSON.stringify(value, null, indent));
}

/** As one word of a POSIX shell. */
export function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** What to do about errors of the AWS SDK that do not say. */
const hints: [RegExp, string][] = [
  [/^Region (is missing|not accepted)/, 'set AWS_REGION, or the region of your AWS profile'],
  [/^Could not load credentials/, 'log in to AWS, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'],
];

/** An error in words: its message, and those of its causes that say something new. */
export function explain(error: unknown): string {
  return visible(inWords(error));
}

function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = hints.find(([shape]) => shape.test(error.message))?.[1];
  if (hint) return `${error.message}: ${hint}`;
  const cause = error.cause instanceof Error ? inWords(error.cause) : '';
  return cause === '' || error.message.includes(cause) ? error.message : `${error.message}\n  because: ${cause}`;
}
