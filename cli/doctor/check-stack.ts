import type { KeyringStore } from '../../lambda/keys/keyring-store.ts';
import type { Provider } from '../../lambda/messagemedia/client.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import { connectKeyring, readOutputs } from '../connections.ts';
import { checkAlarms } from './check-alarms.ts';
import { checkEndpoint } from './check-endpoint.ts';
import { checkKeys } from './check-keys.ts';
import { checkConsumers, checkQueues } from './check-queues.ts';
import { checkReconciliation } from './check-reconciliation.ts';
import { checkRequests } from './check-requests.ts';
import { checkWebhooks } from './check-webhooks.ts';
import { checkProbe } from './probe.ts';
import { type Finding, type Issue, issue, type Report, toReport } from './report.ts';

export interface Checkup {
  stack: string;
  /** MessageMedia, if there are credentials for it. */
  provider: Provider | undefined;
  now: () => number;
  /** Whether to send a signed probe, which writes the keyring's secret twice. */
  sendsProbe: boolean;
}

/**
 * Checks everything that a deployed stack needs: outputs, keyring, MessageMedia's key and webhooks, queues, public URL and clock,
 * refusals, reconciliation, alarms. It changes nothing, unless a probe is sent. A check that fails is reported as an issue.
 *
 * @throws {Error} when there is no such stack
 */
export async function checkStack({ stack, provider, now, sendsProbe }: Checkup): Promise<Report> {
  const config = await readOutputs(stack);
  const checks: [Issue['category'], () => Promise<Finding[]>][] = [
    ['keys', async () => checkKeys(stack, requireOutput(config, outputs.keyringSecretArn), provider)],
    ['webhooks', async () => checkWebhooks(stack, requireOutput(config, outputs.callbackUrl), provider)],
    [
      'queue',
      async () =>
        checkQueues(stack, requireOutput(config, outputs.queueUrl), requireOutput(config, outputs.deadLetterQueueUrl)),
    ],
    ['queue', async () => checkConsumers(requireOutput(config, outputs.queueArn))],
    ['endpoint', async () => checkEndpoint(requireOutput(config, outputs.callbackUrl), now)],
    [
      'endpoint',
      async () => {
        if (!sendsProbe) return [unprobed(stack)];
        const keyring = await connectKeyring({ stack });
        return checkProbe(stack, requireOutput(config, outputs.callbackUrl), keyring);
      },
    ],
    ['requests', async () => checkRequests(requireOutput(config, outputs.functionLogGroup), now())],
    ['requests', async () => checkCapture(stack, await connectKeyring({ stack }), now())],
    ['reconciliation', () => checkReconciliation(stack, config.get(outputs.reconciliationLogGroup), now())],
    ['alarms', () => checkAlarms(stack)],
  ];
  const findings = await Promise.all(
    checks.map(([category, check]) =>
      check().catch((error: unknown) => [
        issue.error(
          category,
          `The check of ${category} failed`,
          error instanceof Error ? error.message : String(error),
          '',
        ),
      ]),
    ),
  );
  return toReport(Object.fromEntries(config), findings.flat());
}

function unprobed(stack: string): Issue {
  const why = 'A probe writes the keyring secret, so it is sent only with --probe.';
  return issue.info('endpoint', 'No signed probe was sent', why, `npx mmw doctor --probe --stack ${stack}`);
}

/** Reports that capturing is on, so that nobody forgets it. */
async function checkCapture(stack: string, keyring: KeyringStore, now: number): Promise<Finding[]> {
  const { capture } = await keyring.readDiagnostics();
  if (capture === undefined || Date.parse(capture.until) <= now) return [];
  const what = `At most ${capture.count}, until ${capture.until}.`;
  return [issue.info('requests', 'Refused requests are captured', what, `npx mmw capture --stop --stack ${stack}`)];
}

function requireOutput(config: ReadonlyMap<string, string>, name: string): string {
  const value = config.get(name);
  if (value) return value;
  throw new Error(`The stack has no output ${name}: is it a stack of this project? Deploy it with this version.`);
}
