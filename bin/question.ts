import { createInterface } from 'node:readline/promises';
import { fold, widthOf } from './fold.ts';
import { progress, visible } from './output.ts';

/**
 * Says what a command costs, and asks before it goes on. Nothing is lost by it, so it also goes on where there is nobody to
 * ask.
 *
 * @throws {Error} when the answer is no
 */
export async function warn(cost: string, question: string, options: { yes?: boolean }): Promise<void> {
  if (options.yes) return;
  if (process.stdin.isTTY) return confirm(`${cost} ${question}`, options);
  progress(cost);
}

/**
 * Asks before something is destroyed.
 *
 * @throws {Error} when the answer is no, or when there is nobody to ask
 */
export async function confirm(question: string, options: { yes?: boolean }): Promise<void> {
  if (options.yes) return;
  if (!process.stdin.isTTY)
    throw new Error(`${question} There is no terminal to confirm it on: add --yes. Nothing was done.`);
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
