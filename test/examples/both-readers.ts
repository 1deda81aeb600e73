import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { leastCpu } from '../cpu.ts';
import type { PythonReader } from './python-reader.ts';
import { type ReaderInput, type Verdict, verdictOf } from './verdict.ts';

/** What both libraries make of an input. */
export interface Verdicts {
  typescript: Verdict;
  python: Verdict;
  /**
   * The CPU time that it took the slower one, in milliseconds; of an input of more than 16 KiB, for each 16 KiB, as Python
   * is slow where nesting is deep.
   */
  cost: number;
}

/** How many inputs Python may be behind: both languages read at the same time, and little is kept. */
const mostWaiting = 500;

export async function readWithBoth(input: ReaderInput, python: PythonReader): Promise<Verdicts> {
  return join(input, await Promise.all([verdictOf(input), python.verdictOf(input)]));
}

/** The same, in the order of the inputs, of any number of them. */
export async function* readAllWithBoth(
  inputs: Iterable<ReaderInput>,
  python: PythonReader,
): AsyncGenerator<Verdicts & { input: ReaderInput }> {
  const waiting: { input: ReaderInput; answers: Promise<Answers> }[] = [];
  for (const input of inputs) {
    const theirs = python.verdictOf(input);
    const ours = await verdictOf(input);
    waiting.push({ input, answers: theirs.then((answer): Answers => [ours, answer]) });
    // What was written goes out when this thread is free.
    if (waiting.length % 16 === 0) await setImmediate();
    if (waiting.length < mostWaiting) continue;
    for (const { input, answers } of waiting.splice(0, mostWaiting / 2)) yield { input, ...join(input, await answers) };
  }
  for (const { input, answers } of waiting) yield { input, ...join(input, await answers) };
}

/** What an input costs for certain, see `Verdicts`. @param most what it may cost: only above it is it read again */
export function sureCost(input: ReaderInput, first: number, most: number, python: PythonReader): Promise<number> {
  return leastCpu(first, most, async () => (await readWithBoth(input, python)).cost);
}

/** Whether both came to the same, and to an answer. */
export function areEqual({ typescript, python }: Verdicts): boolean {
  return isDeepStrictEqual(typescript, python) && typescript.crash === undefined;
}

type Answer = Awaited<ReturnType<typeof verdictOf>>;
type Answers = [typescript: Answer, python: Answer];

function join({ message, keyring }: ReaderInput, [typescript, python]: Answers): Verdicts {
  const share = Math.max(1, (message.length + keyring.length) / 16_384);
  const cost = Math.max(typescript.cpu, python.cpu) / share;
  return { typescript: typescript.verdict, python: python.verdict, cost };
}
