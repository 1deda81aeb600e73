import { type Command, Option } from 'commander';
import { parseDigest } from '../../lambda/signature.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import type { SigningKey } from '../../signing/sender.ts';
import { print } from '../../terminal/output.ts';
import { watch } from '../../terminal/waiting.ts';
import { connectKeyring, type GlobalOptions, readOutput } from '../connections.ts';
import { probe, withProbeKey } from '../doctor/probe.ts';
import { readPrivateKey } from '../keys/private-key.ts';
import { digestOption, UsageError, wholeNumber, withOptions } from '../options.ts';
import { longestDelivery, type Simulation, type SimulationResult, simulate } from '../simulate.ts';

interface Options extends GlobalOptions {
  stack?: string;
  privateKey?: string;
  keyId?: string;
  digest: string;
  rate: number;
  count: number;
  oneDigitDays?: boolean;
}

export function addSimulateCommand(program: Command): void {
  program
    .command('simulate [url]')
    .description('send signed test webhooks of every kind at a rate, to a URL on this machine or to a --stack')
    .addOption(
      new Option(
        '--stack <name>',
        'the deployed stack; a probe key signs, so webhooks are verified and never queued',
      ).conflicts(['privateKey', 'keyId', 'digest']),
    )
    .option('--private-key <file>', 'PEM file with the RSA private key that signs for a URL')
    .option('--key-id <id>', 'value of X-MessageMedia-Key-Id (default: local)')
    .addOption(digestOption())
    .option('--rate <number>', 'webhooks a second (1 to 1000)', wholeNumber(1, 1_000), 5)
    .option('--count <number>', 'number of webhooks (1 to 100000)', wholeNumber(1, 100_000), 50)
    .option('--one-digit-days', 'sign a Date such as "Wed, 4 Nov 2026 …", without the 0, on the days 1 to 9')
    .action(withOptions(run));
}

async function run(url: string | undefined, options: Options): Promise<void> {
  const { rate, count, oneDigitDays, stack, json } = options;
  const result = await (stack === undefined
    ? simulateVisibly({ url: requireLoopback(url), key: await readKey(options), rate, count, oneDigitDays })
    : simulateAt(stack, url, options));
  print(json, result, describe(result));
  const good = result.statuses[stack === undefined ? 202 : 200] ?? 0;
  if (good < result.sent) process.exitCode = 1;
}

function simulateVisibly(simulation: Simulation): Promise<SimulationResult> {
  const { rate, count } = simulation;
  let answered = 0;
  const onAnswer = (answers: number) => {
    answered = answers;
  };
  return watch(
    `Sending ${count} webhooks, ${rate} a second`,
    (count / rate) * 1_000 + longestDelivery,
    simulate({ ...simulation, onAnswer }),
    () => `${answered} of ${count} answered`,
  );
}

/** Starts when the deployed function knows the probe key. */
async function simulateAt(stack: string, url: string | undefined, options: Options): Promise<SimulationResult> {
  const { rate, count, oneDigitDays } = options;
  if (url !== undefined) throw new UsageError('Give a URL or --stack, not both.');
  const callbackUrl = await readOutput(stack, outputs.callbackUrl);
  const keyring = await connectKeyring({ stack });
  const minutes = 5 + Math.ceil(count / rate / 60);
  return withProbeKey(keyring, minutes, async (key) => {
    const refusal = await probe(callbackUrl, key);
    if (refusal === undefined) return simulateVisibly({ url: callbackUrl, key, rate, count, oneDigitDays });
    throw new Error(`A probe to ${callbackUrl} was answered with ${refusal.status}: npx mmw doctor --stack ${stack}`);
  });
}

function requireLoopback(url: string | undefined): string {
  if (url === undefined) throw new UsageError('Give the URL of a receiver on this machine, or --stack.');
  const { hostname = '', protocol = '' } = URL.parse(url) ?? {};
  if (/^https?:$/.test(protocol) && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) return url;
  throw new UsageError(`${url} is not on this machine. Test webhooks go to 127.0.0.1 or localhost, or to a --stack.`);
}

async function readKey({ privateKey, keyId, digest }: Options): Promise<SigningKey> {
  if (privateKey === undefined)
    throw new UsageError('Add --private-key FILE: the receiver at the URL must know its public key.');
  const key = await readPrivateKey(privateKey);
  return { id: keyId ?? 'local', digest: parseDigest(digest) ?? 'SHA256', privateKey: key };
}

function describe({ sent, statuses, unanswered, latency }: SimulationResult): string {
  const answers = Object.entries(statuses).map(([status, count]) => `${count} answered ${status}`);
  const silent = unanswered > 0 ? [`${unanswered} not answered`] : [];
  const { median, p95, max } = latency;
  return `${sent} sent: ${[...answers, ...silent].join(', ')}.
Time to answer: median ${median} ms, 95% within ${p95} ms, longest ${max} ms.`;
}
