// Sends many webhooks and checks what becomes of each, through the sandbox with outages, or to a deployed stack:
// npm run load [-- --count 3000 --rate 500] [-- --stack NAME]
import { parseArgs } from 'node:util';
import { connectKeyring, readOutput } from '../cli/connections.ts';
import { connectSqs } from '../cli/places.ts';
import { outputs } from '../lambda/stack-outputs.ts';
import { formatTable, ignoreClosedPipes } from '../terminal/output.ts';
import { isFaultless, runLoad } from './load-run.ts';
import { type LoadTarget, sandboxTarget, stackTarget } from './load-target.ts';

const options = { count: { type: 'string' }, rate: { type: 'string' }, stack: { type: 'string' } } as const;
const { stack, ...given } = parseArgs({ options }).values;
ignoreClosedPipes();
/** Requests to AWS cost money, so there are fewer of them. fauxqs remembers 10,000 ids, and a retry after 20 s must find its own. */
const { count = 1_000, rate = 20 } = stack === undefined ? { count: 100_000, rate: 400 } : {};

const target = stack === undefined ? await sandboxTarget() : await connectStack(stack);
const speed = { count: Number(given.count ?? count), rate: Number(given.rate ?? rate) };
const report = await runLoad(target, speed).finally(target.close);
const counts = {
  'answered with 202': report.accepted,
  'events in the queue': report.events,
  ...report.faults,
  'events of others, left in the queue': report.others,
};
const cells = Object.entries(counts).map(([what, times]) => [what, String(times)]);
console.log(formatTable(['what', 'how many'], cells));
process.exitCode = isFaultless(report) ? 0 : 1;

async function connectStack(name: string): Promise<LoadTarget> {
  const [callbackUrl, queueUrl, keyring] = await Promise.all([
    readOutput(name, outputs.callbackUrl),
    readOutput(name, outputs.queueUrl),
    connectKeyring({ stack: name }),
  ]);
  return stackTarget({ callbackUrl, keyring, queue: { client: connectSqs(queueUrl), queueUrl } });
}
