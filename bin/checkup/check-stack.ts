import { CloudFormationClient, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import { outputs } from '../../lambda/contract.ts';
import type { Provider } from '../../lambda/provider/provider.ts';
import { namePlace } from '../aws.ts';
import { readOutputs } from '../connections.ts';
import { checkEndpoint } from './check-endpoint.ts';
import { checkKeys } from './check-keys.ts';
import { checkQueues } from './check-queues.ts';
import { checkRequests } from './check-requests.ts';
import { type Finding, type Issue, issue, type Report, toReport } from './report.ts';

/** What is looked at. */
export interface Checkup {
  stack: string;
  /** MessageMedia, if there are credentials for it. */
  provider: Provider | undefined;
  now: () => number;
}

/**
 * Looks at everything that a deployed stack needs: outputs, keyring, MessageMedia's key, queues, public URL and clock, what
 * was refused, alarms. Changes nothing. What cannot be looked at is an issue of its own.
 *
 * @throws {Error} when there is no such stack
 */
export async function checkStack({ stack, provider, now }: Checkup): Promise<Report> {
  const config = await readOutputs(stack);
  const checks: [Issue['category'], () => Promise<Finding[]>][] = [
    ['keys', async () => checkKeys(stack, requireOutput(config, outputs.keyringSecretArn), provider)],
    [
      'queue',
      async () =>
        checkQueues(stack, requireOutput(config, outputs.queueUrl), requireOutput(config, outputs.deadLetterQueueUrl)),
    ],
    ['endpoint', async () => checkEndpoint(requireOutput(config, outputs.callbackUrl), now)],
    ['requests', async () => checkRequests(requireOutput(config, outputs.functionLogGroup), now())],
    ['alarms', () => checkAlarms(stack)],
  ];
  const findings = await Promise.all(
    checks.map(([category, check]) =>
      check().catch((error: unknown) => [
        issue(
          'error',
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

function requireOutput(config: ReadonlyMap<string, string>, name: string): string {
  const value = config.get(name);
  if (value) return value;
  throw new Error(`The stack has no output ${name}: is it a stack of this project? Deploy it with this version.`);
}

async function checkAlarms(stack: string): Promise<Finding[]> {
  const { TemplateBody = '{}' } = await namePlace(new CloudFormationClient()).send(
    new GetTemplateCommand({ StackName: stack }),
  );
  const resources: { Type: string; Properties?: { AlarmActions?: unknown[] } }[] = Object.values(
    JSON.parse(TemplateBody).Resources ?? {},
  );
  const alarms = resources.filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
  if (alarms.some(({ Properties }) => (Properties?.AlarmActions ?? []).length > 0))
    return [`${alarms.length} alarms, which tell a topic`];
  const nobody = `${alarms.length} alarms are on the dashboard only.`;
  return [
    issue('warning', 'alarms', 'Nobody is told of alarms', nobody, 'npx cdk deploy -c alarmTopicArn=arn:aws:sns:…'),
  ];
}
