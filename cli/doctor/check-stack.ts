import { type Diagnostics, KeyringError } from '../../lambda/keys/keyring-secret.ts';
import type { KeyringStore } from '../../lambda/keys/keyring-store.ts';
import type { Provider } from '../../lambda/messagemedia/client.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import { connectKeyringOf, readOutputs } from '../connections.ts';
import { checkAlarms } from './check-alarms.ts';
import { checkArchive } from './check-archive.ts';
import { checkBucket } from './check-bucket.ts';
import { checkEndpoint } from './check-endpoint.ts';
import { checkKeys } from './check-keys.ts';
import { checkConsumers, checkQueues } from './check-queues.ts';
import { checkReconciliation } from './check-reconciliation.ts';
import { checkRequests } from './check-requests.ts';
import { checkWaiting } from './check-waiting.ts';
import { checkWebhooks } from './check-webhooks.ts';
import { checkProbe } from './probe.ts';
import { type Finding, type Issue, issue, type Report, toReport } from './report.ts';
import { listResources, type StackResource } from './stack-resources.ts';

export interface Checkup {
  stack: string;
  /** MessageMedia, if there are credentials for it. */
  provider: Provider | undefined;
  now: () => number;
  /** Whether to send a signed probe, which writes the keyring's secret twice. */
  sendsProbe: boolean;
}

/**
 * Checks everything that a deployed stack needs: outputs, keyring, MessageMedia's key and webhooks, queues, bucket, archive,
 * public URL and clock, refusals, reconciliation, alarms. It changes nothing, unless a probe is sent. A check that fails is reported as an issue.
 *
 * @throws {Error} when there is no such stack
 */
export async function checkStack({ stack, provider, now, sendsProbe }: Checkup): Promise<Report> {
  const config = await readOutputs(stack);
  const output = (name: string) => requireOutput(config, name);
  const keyring = () => connectKeyringOf(output(outputs.keyringSecretArn));
  let listed: Promise<StackResource[]> | undefined;
  const resources = () => (listed ??= listResources(stack));
  const archiveQueueUrl = config.get(outputs.archiveQueueUrl);
  const checks: [Issue['category'], () => Promise<Finding[]>][] = [
    ['keys', () => checkKeys(stack, output(outputs.keyringSecretArn), provider)],
    ['webhooks', () => checkWebhooks(stack, output(outputs.callbackUrl), provider)],
    ['queue', () => checkQueues(stack, output(outputs.queueUrl), output(outputs.deadLetterQueueUrl))],
    ['queue', async () => checkWaiting(stack, output(outputs.queueUrl), archiveQueueUrl, await resources(), now())],
    ['queue', () => checkConsumers(output(outputs.queueArn))],
    ['bucket', () => checkBucket(output(outputs.overflowBucketName))],
    ['archive', () => checkArchive(archiveQueueUrl)],
    ['endpoint', () => checkEndpoint(output(outputs.callbackUrl), now)],
    [
      'endpoint',
      async () => (sendsProbe ? checkProbe(stack, output(outputs.callbackUrl), keyring()) : [unprobed(stack)]),
    ],
    ['requests', () => checkRequests(stack, output(outputs.functionLogGroup), now())],
    ['requests', () => checkCapture(stack, keyring(), now())],
    ['reconciliation', () => checkReconciliation(stack, config.get(outputs.reconciliationLogGroup), now())],
    ['alarms', async () => checkAlarms(stack, await resources())],
  ];
  const findings = await Promise.all(checks.map(([category, check]) => attempt(category, check)));
  return toReport(Object.fromEntries(config), findings.flat());
}

/** What could not be checked is no reason to call a stack well. */
async function attempt(category: Issue['category'], check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const mend = /AccessDenied|not authorized/.test(`${error}`)
      ? 'Let your role call this: docs/doctor.md#a-deployed-stack'
      : 'Mend this, and run the command again.';
    return [issue.error(category, `The check of ${category} failed`, why, mend)];
  }
}

function unprobed(stack: string): Issue {
  const why = 'A probe writes the keyring secret, so it is sent only with --probe.';
  return issue.info('endpoint', 'No signed probe was sent', why, `npx mmw doctor --probe --stack ${stack}`);
}

/** Reports that capturing is on, so that nobody forgets it. */
async function checkCapture(stack: string, keyring: KeyringStore, now: number): Promise<Finding[]> {
  // That the keyring cannot be read is told with the keys.
  const { capture } = await keyring.readDiagnostics().catch(ignoreUnreadable);
  if (capture === undefined || Date.parse(capture.until) <= now) return [];
  const what = `At most ${capture.count}, until ${capture.until}.`;
  return [issue.info('requests', 'Refused requests are captured', what, `npx mmw capture --stop --stack ${stack}`)];
}

function ignoreUnreadable(error: unknown): Diagnostics {
  if (error instanceof KeyringError) return {};
  throw error;
}

function requireOutput(config: ReadonlyMap<string, string>, name: string): string {
  const value = config.get(name);
  if (value) return value;
  throw new Error(`The stack has no output ${name}: is it a stack of this project? Deploy it with this version.`);
}
