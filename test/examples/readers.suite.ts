import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Kept, keep, readCorpus } from '../corpus.ts';
import { mostCpu } from '../cpu.ts';
import { areEqual, readAllWithBoth, readWithBoth, sureCost, type Verdicts } from './both-readers.ts';
import { generateInputs } from './mutations.ts';
import { type PythonReader, startPythonReader } from './python-reader.ts';
import { shorten } from './shorten.ts';
import { validMessages } from './valid-messages.ts';
import type { ReaderInput, Verdict } from './verdict.ts';

/** More by command: FUZZ_RUNS=1000000 npm run test:python */
const runs = Number(process.env.FUZZ_RUNS ?? 10_000);

const script = fileURLToPath(new URL('../../examples/python/tests/print_verdicts.py', import.meta.url));

interface CorpusInput extends Omit<ReaderInput, 'keyring'> {
  keyring: string | object;
  /** What they are known to say. */
  verdict?: string;
}

/** What a consumer would go by. */
function wordOf({ crash, code, signature }: Verdict): string {
  return crash ?? code ?? signature ?? 'nothing';
}

describe('both libraries make the same, at little cost, of', () => {
  let python: PythonReader;
  beforeAll(() => {
    python = startPythonReader(script);
  });
  afterAll(() => python.close());

  test.each(readCorpus<CorpusInput>('readers'))('%s', async (_name, kept) => {
    const keyring = typeof kept.keyring === 'string' ? kept.keyring : JSON.stringify(kept.keyring);
    const input = { message: kept.message, keyring, stored: kept.stored };
    const verdicts = await readWithBoth(input, python);
    expect(verdicts.python).toEqual(verdicts.typescript);
    expect(verdicts.typescript.crash).toBeUndefined();
    if (kept.verdict !== undefined) expect(wordOf(verdicts.typescript)).toBe(kept.verdict);
    expect(await sureCost(input, verdicts.cost, mostCpu, python)).toBeLessThan(mostCpu);
  });

  test(`${runs} generated messages and keyrings`, async () => {
    const seen = new Map<string, number>();
    let slowest = 0;
    // Nothing repeats a run, as the keys are new each time: what fails is kept.
    const inputs = generateInputs(randomInt(2 ** 32), runs, await validMessages());
    for await (const verdicts of readAllWithBoth(inputs, python)) {
      const { input, typescript, cost } = verdicts;
      if (!areEqual(verdicts)) throw await report(input);
      // What costs most so far is measured again, so that it is the input and not the machine.
      slowest = Math.max(slowest, await sureCost(input, cost, slowest, python));
      if (slowest > mostCpu) throw kept(input, `${slowest} ms of CPU`);
      seen.set(wordOf(typescript), (seen.get(wordOf(typescript)) ?? 0) + 1);
    }
    console.log(`${runs} inputs, at most ${slowest.toFixed(1)} ms of CPU:`, Object.fromEntries(seen));
    // Else the generator says nothing.
    const words = ['good', 'bad', 'never_signed', 'not_json', 'missing_attribute', 'invalid_attribute', 'invalid_data'];
    for (const word of words) expect([word, (seen.get(word) ?? 0) > runs / 500]).toEqual([word, true]);
  }, 86_400_000);

  /** The shortest that they still read differently goes into the corpus. */
  async function report(input: ReaderInput): Promise<Error> {
    const differs = async (changed: Partial<ReaderInput>) =>
      !areEqual(await readWithBoth({ ...input, ...changed }, python));
    // Some differences are not of the input alone.
    if (!(await differs({}))) return kept(input, 'read differently once');
    const message = await shorten(input.message, (text) => differs({ message: text }));
    const keyring = await shorten(input.keyring, (text) => differs({ message, keyring: text }));
    const { typescript, python: other }: Verdicts = await readWithBoth({ ...input, message, keyring }, python);
    return kept({ ...input, message, keyring }, `${JSON.stringify(typescript)}, in Python ${JSON.stringify(other)}`);
  }

  function kept(input: ReaderInput, about: string): Error {
    const path = keep('readers', { about, ...input } satisfies Kept<ReaderInput>);
    return new Error(`${about}. It is kept in ${path}: mend the cause, and commit the file too`);
  }
});
