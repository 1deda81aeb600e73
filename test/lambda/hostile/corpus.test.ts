import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readCorpus } from '../../corpus.ts';
import { startCalledHandler } from './called-handler.ts';
import { type StandIns, startStandIns } from './stand-ins.ts';

interface CorpusInput {
  event: unknown;
  /** What it is known to be answered with. */
  status?: number;
}
const inputs = readCorpus<CorpusInput>('hostile-events');
const keyrings = [...new Set(inputs.map(({ keyring }) => keyring))];

let standIns: StandIns;
beforeAll(async () => {
  standIns = await startStandIns(Object.fromEntries(keyrings.entries()));
});
afterAll(() => standIns.close());

test.each([...keyrings.entries()])('what is kept for keyring %i', async (index, keyring) => {
  // What is kept has the date of its day.
  const handler = await startCalledHandler(standIns, String(index), keyring, { TIMESTAMP_TOLERANCE_SECONDS: '0' });
  try {
    for (const { name, event, status } of inputs.filter((input) => input.keyring === keyring)) {
      const { statusCode } = await handler.call(event).catch((cause) => {
        throw new Error(name, { cause });
      });
      expect({ name, statusCode }).toEqual({ name, statusCode: status ?? expect.any(Number) });
    }
  } finally {
    handler.close();
  }
});
