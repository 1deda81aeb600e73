import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { parseDigest } from '../../lambda/signature.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import { sampleWebhooks, withFreshIds } from '../../signing/sample-webhooks.ts';
import { deliver, type SigningKey, toWire, type Webhook } from '../../signing/sender.ts';
import { print } from '../../terminal/output.ts';
import { counted } from '../../terminal/text.ts';
import { watch } from '../../terminal/waiting.ts';
import { connectKeyring, type GlobalOptions, readOutput } from '../connections.ts';
import { probe, withProbeKey } from '../doctor/probe.ts';
import { readPrivateKey } from '../keys/private-key.ts';
import { digestOption, UsageError, wholeNumber, withOptions } from '../options.ts';

/** How long an answer may take, in milliseconds. */
const longestDelivery = 30_000;

interface Options extends GlobalOptions {
  stack?: string;
  privateKey?: string;
  keyId?: string;
  digest: string;
  rate: number;
  count: number;
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
    .action(withOptions(run));
}

async function run(url: string | undefined, options: Options): Promise<void> {
  const { rate, count, stack, json } = options;
  const result = await (stack === undefined
    ? simulate({ url: requireLoopback(url), key: await readKey(options), rate, count })
    : simulateAt(stack, url, options));
  print(json, result, describe(result));
  const good = result.statuses[stack === undefined ? 202 : 200] ?? 0;
  if (good < result.sent) process.exitCode = 1;
}

interface Simulation {
  url: string;
  key: SigningKey;
  /** Webhooks a second, whether or not earlier ones are answered. */
  rate: number;
  count: number;
}

/** Sends webhooks of every kind at a rate, each with its own ids, and says how far it is. */
async function simulate({ url, key, rate, count }: Simulation) {
  const { origin, pathname } = new URL(url);
  const samples = Object.values(sampleWebhooks(pathname));
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  let unanswered = 0;
  const send = async (webhook: Webhook) => {
    const sentAt = performance.now();
    try {
      const request = toWire(withFreshIds(webhook), key);
      const { status } = await deliver(origin, request, AbortSignal.timeout(longestDelivery));
      statuses[status] = (statuses[status] ?? 0) + 1;
      latencies.push(performance.now() - sentAt);
    } catch {
      unanswered += 1;
    }
  };
  const sendAll = async () => {
    const begun = performance.now();
    const calls: Promise<void>[] = [];
    for (let index = 0; index < count; index++) {
      const due = begun + (index * 1000) / rate - performance.now();
      if (due > 0) await sleep(due);
      const webhook = samples[index % samples.length];
      if (webhook) calls.push(send(webhook));
    }
    await Promise.all(calls);
  };
  const what = `Sending ${counted(count, 'webhook')}, ${rate} a second`;
  const longest = (count / rate) * 1_000 + longestDelivery;
  await watch(what, longest, sendAll(), () => `${latencies.length} of ${count} answered`);
  return { sent: count, statuses, unanswered, latency: summarize(latencies) };
}

type SimulationResult = Awaited<ReturnType<typeof simulate>>;

/** `undefined` if nothing was answered. */
function summarize(latencies: readonly number[]): { median: number; p95: number; max: number } | undefined {
  if (latencies.length === 0) return undefined;
  const sorted = latencies.toSorted((one, other) => one - other);
  const at = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  return { median: at(0.5), p95: at(0.95), max: at(1) };
}

/** Starts when the deployed function knows the probe key. */
async function simulateAt(stack: string, url: string | undefined, options: Options): Promise<SimulationResult> {
  const { rate, count } = options;
  if (url !== undefined) throw new UsageError('Give a URL or --stack, not both.');
  const callbackUrl = await readOutput(stack, outputs.callbackUrl);
  const keyring = await connectKeyring({ stack });
  const minutes = 5 + Math.ceil(count / rate / 60);
  return withProbeKey(keyring, minutes, async (key) => {
    const refusal = await probe(callbackUrl, key);
    if (refusal === undefined) return simulate({ url: callbackUrl, key, rate, count });
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
  const counts = `${sent} sent: ${[...answers, ...silent].join(', ')}.`;
  if (latency === undefined) return counts;
  const { median, p95, max } = latency;
  return `${counts}\nTime to answer: median ${median} ms, 95% within ${p95} ms, longest ${max} ms.`;
}
