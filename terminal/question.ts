import { createInterface } from 'node:readline/promises';
import { fold, widthOf } from './fold.ts';
import { statusLine } from './status-line.ts';
import { visible } from './text.ts';

/** There is nobody to ask. */
export class UnaskedError extends Error {
  override readonly name = 'UnaskedError';
}

/** Asks on standard error, because standard output holds only the result. @throws {UnaskedError} without a terminal */
export async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) throw new UnaskedError(question);
  statusLine.clear();
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(fold(visible(question), widthOf(process.stderr)));
  } catch (error) {
    // Ctrl-C or Ctrl-D at the question is no answer; the terminal is still on its line.
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    console.error();
    return '';
  } finally {
    terminal.close();
  }
}

/**
 * Asks before something is spent or destroyed.
 *
 * @throws {UnaskedError} when there is no terminal
 * @throws {Error} when the answer is no
 */
export async function confirm(question: string, options: { yes?: boolean }): Promise<void> {
  if (options.yes) return;
  if (!process.stdin.isTTY)
    throw new UnaskedError(
      `${question} Nothing was done, because there is no terminal to ask on: add --yes to confirm.`,
    );
  if (/^y(es)?$/i.test((await ask(`${question} [y/N] `)).trim())) return;
  throw new Error('Nothing was done.');
}
