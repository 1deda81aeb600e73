import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { styleText } from 'node:util';
import { SelfExplanatoryError } from './self-explanatory.ts';

/** A proof that did not succeed. */
export class ProofFailed extends Error {
  override readonly name = 'ProofFailed';
  /** Every line that the stack logged, as far as it could be read. */
  readonly stackLog: readonly string[];

  constructor(claim: string, cause: unknown, stackLog: readonly string[]) {
    super(`${claim}: ${messageOf(cause)}`, { cause });
    this.stackLog = stackLog;
  }
}

/** Prints what is done now, before it is waited for. @returns when the work on it began, in milliseconds since the epoch */
export function printBegun(claim: string): number {
  console.log(styleText('dim', `… ${claim}`));
  return Date.now();
}

/** Prints a line of the list. @param started when the work on it began, in milliseconds since the epoch */
export function printProven(claim: string, seen: string, started: number): void {
  const time = styleText('dim', ` (${seconds(Date.now() - started)})`);
  console.log(`${styleText('green', '✓')} ${claim}: ${seen}${time}`);
}

/** Prints why the run ended, and the end of every log that may explain it. */
export async function printFailure(error: unknown, logFiles: readonly string[]): Promise<void> {
  console.error(`${styleText('red', '✗')} ${messageOf(error)}`);
  if (error instanceof SelfExplanatoryError) return;
  const { cause = error, stackLog = [] } = error instanceof ProofFailed ? error : {};
  if (cause instanceof Error) console.error(frames(cause));
  printEnd('what the stack logged', stackLog);
  for (const file of logFiles) {
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
    printEnd(relative(process.cwd(), file), lines);
  }
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function frames({ stack = '' }: Error): string {
  const lines = stack.split('\n').filter((line) => line.includes('/test/e2e/'));
  return lines.slice(0, 4).join('\n');
}

function printEnd(name: string, lines: readonly string[]): void {
  const end = lines.filter((line) => line.trim() !== '').slice(-25);
  if (end.length > 0) console.error(`\n${styleText('bold', `End of ${name}:`)}\n${end.join('\n')}`);
}
