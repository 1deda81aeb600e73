import { type ColumnUserConfig, getBorderCharacters, table } from 'table';
import { fold, widthOf } from './fold.ts';
import { statusLine } from './status-line.ts';

/** Prints a result: as JSON for scripts, else as text for people. */
export function print(json: boolean | undefined, result: unknown, text: string): void {
  printToCopy(json, result, fold(text));
}

/** As {@link print}, but the lines of the text stay whole, however narrow the terminal: they are there to be copied. */
export function printToCopy(json: boolean | undefined, result: unknown, text: string): void {
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
  console.error(fold(visible(message), widthOf(process.stderr)));
}

/**
 * Rows under headings; where the terminal is too narrow for them, each row is a block of lines under its first cell. What
 * would move the cursor is shown as text; a line break in a cell stays in its cell.
 *
 * @param width characters that fit on a line
 */
export function formatTable(heads: string[], rows: string[][], width = widthOf(process.stdout)): string {
  const shown = rows.map((cells) => cells.map(visible));
  const wide = table([heads, ...shown], {
    border: getBorderCharacters('norc'),
    drawHorizontalLine: (index, count) => index < 2 || index === count,
  }).trimEnd();
  return wide.indexOf('\n') <= width ? wide : shown.map((cells) => formatBlock(heads, cells, width)).join('\n\n');
}

function formatBlock([, ...heads]: string[], [first = '', ...cells]: string[], width: number): string {
  const widest = Math.max(...heads.map(({ length }) => length));
  const rows = cells.map((cell, index) => [heads[index] ?? '', cell]).filter(([, cell]) => cell !== '');
  const columns = [{ width: widest, paddingLeft: 2, paddingRight: 2 }, { width: width - widest - 4 }];
  return [formatColumns([[first]], [{ width }]), ...(rows.length === 0 ? [] : [formatColumns(rows, columns)])].join(
    '\n',
  );
}

/** Cells in columns without lines between them; what is too long for its cell goes on below, also without a blank in it. */
function formatColumns(rows: string[][], columns: ColumnUserConfig[]): string {
  const lines = table(rows, {
    columns,
    columnDefault: { paddingLeft: 0, paddingRight: 0, wrapWord: true },
    border: getBorderCharacters('void'),
    drawHorizontalLine: () => false,
  });
  return lines.replace(/ *$/gm, '').trimEnd();
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
