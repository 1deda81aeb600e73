import type { Provider } from '../../lambda/messagemedia/client.ts';
import { readOutputs, requireOutput } from '../connections.ts';
import { listResources, type StackResource } from '../stack-resources.ts';
import { checkAlarms } from './check-alarms.ts';
import { checkEndpoint, checkProbe } from './check-endpoint.ts';
import { checkKeys } from './check-keys.ts';
import { checkAges, checkArchive, checkBucket, checkConsumers, checkQueues } from './check-queues.ts';
import { checkReconciliation } from './check-reconciliation.ts';
import { checkRequests } from './check-requests.ts';
import { checkWebhooks } from './check-webhooks.ts';
import { type Check, type Checkup, type Finding, type Problem, problem, type Severity } from './checkup.ts';

const checks = [
  ['keys', checkKeys],
  ['webhooks', checkWebhooks],
  ['queue', checkQueues],
  ['queue', checkAges],
  ['queue', checkConsumers],
  ['bucket', checkBucket],
  ['archive', checkArchive],
  ['endpoint', checkEndpoint],
  ['endpoint', checkProbe],
  ['requests', checkRequests],
  ['reconciliation', checkReconciliation],
  ['alarms', checkAlarms],
] as const satisfies readonly (readonly [category: string, check: Check])[];

interface Issue extends Problem {
  category: (typeof checks)[number][0];
}

export interface Report {
  config: Record<string, string>;
  summary: { health: 'good' | 'degraded' | 'bad'; ok: string[] };
  /** The worst first. */
  issues: Issue[];
}

const severities: readonly Severity[] = ['error', 'warning', 'info'];

/**
 * Checks everything that a deployed stack needs. It changes nothing, unless a probe is sent.
 *
 * @throws {Error} when there is no such stack
 */
export async function checkStack(stack: string, provider: Provider | undefined, sendsProbe: boolean): Promise<Report> {
  const found = await readOutputs(stack);
  let listed: Promise<StackResource[]> | undefined;
  const checkup: Checkup = {
    ...{ stack, provider, sendsProbe },
    output: (name) => requireOutput(stack, found, name),
    outputOf: (name) => found.get(name),
    resources: () => (listed ??= listResources(stack)),
  };
  const findings = await Promise.all(
    checks.map(async ([category, check]) =>
      (await attempt(category, check(checkup))).map((one) => (typeof one === 'string' ? one : { category, ...one })),
    ),
  );
  const issues = findings.flat().filter((finding) => typeof finding !== 'string');
  const has = (severity: Severity) => issues.some((issue) => issue.severity === severity);
  return {
    config: Object.fromEntries(found),
    summary: {
      health: has('error') ? 'bad' : has('warning') ? 'degraded' : 'good',
      ok: findings.flat().filter((finding) => typeof finding === 'string'),
    },
    issues: issues.toSorted((one, other) => severities.indexOf(one.severity) - severities.indexOf(other.severity)),
  };
}

/** What could not be checked is no reason to call a stack well. */
async function attempt(category: string, check: AsyncGenerator<Finding, void>): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    for await (const finding of check) findings.push(finding);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const mend = /AccessDenied|not authorized|AWS answered 403/.test(`${error}`)
      ? 'Let your role call this: docs/doctor.md#a-deployed-stack'
      : 'Mend this, and run the command again.';
    findings.push(problem.error(`The check of ${category} failed`, why, mend));
  }
  return findings;
}

export function formatReport({ summary, issues }: Report): string {
  const marks: Record<Severity, string> = { error: '✗', warning: '!', info: '-' };
  const lines = issues.flatMap(({ severity, title, description, suggestion }) => [
    `${marks[severity]} ${title}`,
    `    ${description}`,
    ...(suggestion === '' ? [] : [`    What to do: ${suggestion}`]),
  ]);
  return [...summary.ok.map((line) => `✓ ${line}`), ...lines, '', `Health: ${summary.health}.`].join('\n');
}
