import { createInterface } from 'node:readline/promises';
import { fold, widthOf } from './fold.ts';
import { visible } from './text.ts';

/** There is nobody to ask. */
export class UnaskedError extends Error {
  override readonly name = 'UnaskedError';
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
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(fold(visible(`${question} [y/N] `), widthOf(process.stderr)));
    if (/^y(es)?$/i.test(answer.trim())) return;
  } catch (error) {
    // Ctrl-C or Ctrl-D at the question is a no; the terminal is still on its line.
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    console.error();
  } finally {
    terminal.close();
  }
  throw new Error('Nothing was done.');
}
