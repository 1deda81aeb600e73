import { type ColumnUserConfig, getBorderCharacters, table } from 'table';
import { fold, widthOf } from './fold.ts';
import { statusLine } from './status-line.ts';
import { toJson, visible } from './text.ts';

/** Prints a result: as JSON for scripts, else as text for people. */
export function print(json: boolean | undefined, result: unknown, text: string): void {
  printToCopy(json, result, fold(text));
}

/** As {@link print}, for text that is copied: its lines are not wrapped. */
export function printToCopy(json: boolean | undefined, result: unknown, text: string): void {
  console.log(json ? toJson(result, 2) : visible(text));
}

/**
 * Prints a line of a result, and resolves when all of it is written.
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

/** Reports progress on standard error, because standard output holds only the result. */
export function progress(message: string): void {
  statusLine.clear();
  console.error(fold(visible(message), widthOf(process.stderr)));
}

/**
 * Rows under headings. If the terminal is too narrow, each row is a block of lines under its first cell. Control
 * characters are shown as text; a line break in a cell stays in its cell.
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

/** Cells in columns without borders. Text that is too long for its cell is wrapped there, also without a blank. */
function formatColumns(rows: string[][], columns: ColumnUserConfig[]): string {
  const lines = table(rows, {
    columns,
    columnDefault: { paddingLeft: 0, paddingRight: 0, wrapWord: true },
    border: getBorderCharacters('void'),
    drawHorizontalLine: () => false,
  });
  return lines
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd();
}

/** Paragraphs in lines that fit the terminal, as commander wraps the rest of a help text. */
export function wrap(text: string): string {
  const width = Math.min(process.stdout.columns ?? 80, 100);
  const paragraphs = text.trim().split('\n\n');
  return `\n${paragraphs.map((paragraph) => fold(paragraph.replaceAll('\n', ' '), width)).join('\n\n')}`;
}

/** The reader has closed the output, as `| head` does. */
export class ClosedPipeError extends Error {
  override readonly name = 'ClosedPipeError';

  constructor() {
    super('Nobody reads the output any more.');
  }
}

/**
 * Lets a command run to its end after its output was closed, so that a change in progress, such as storing a key, is
 * not interrupted.
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

/** What to do about errors of the AWS SDK that do not say it themselves. */
const hints: [RegExp, string][] = [
  [/^Region (is missing|not accepted)/, 'set AWS_REGION, or the region of your AWS profile'],
  [
    /^The specified queue does not exist/,
    'check its URL and the region, or if somebody deleted it, create it again with "mmw queue restore --stack NAME"',
  ],
  [/^Could not load credentials/, 'log in to AWS, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'],
];

/** The text of an error: its message, and the messages of its causes that say something new. */
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
