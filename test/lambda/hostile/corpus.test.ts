import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readCorpus } from '../../corpus.ts';
import { startCalledHandler } from './called-handler.ts';
import { type StandIns, startStandIns } from './stand-ins.ts';

interface CorpusInput {
  event: unknown;
  /** What it is known to be answered with. */
  status?: number;
}
const corpus = readCorpus<CorpusInput>('hostile-events');

let standIns: StandIns;
beforeAll(async () => {
  standIns = await startStandIns(Object.fromEntries(corpus.map(({ name, keyring }) => [name, keyring])));
});
afterAll(() => standIns.close());

test.each(corpus)('$name', async ({ name, keyring, event, status }) => {
  // What is kept has the date of its day.
  const handler = await startCalledHandler(standIns, name, keyring, { TIMESTAMP_TOLERANCE_SECONDS: '0' });
  const { statusCode } = await handler.call(event).finally(handler.close);
  if (status !== undefined) expect(statusCode).toBe(status);
});
