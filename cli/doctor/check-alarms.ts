import { CloudWatchClient, DescribeAlarmsCommand, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { counted } from '../../terminal/text.ts';
import { watched } from '../aws.ts';
import { adviceOn } from './alarm-advice.ts';
import { type Finding, issue } from './report.ts';
import type { StackResource } from './stack-resources.ts';

/** Most names in one call. */
const most = 100;

/** Are all alarms there, is one on, do they notify a topic, and does the topic have a subscriber? */
export async function checkAlarms(stack: string, resources: readonly StackResource[]): Promise<Finding[]> {
  const known = resources.filter(({ type }) => type === 'AWS::CloudWatch::Alarm');
  const alarms = await describeAlarms(known.map(({ id }) => id));
  const findings: Finding[] = known.flatMap(({ id, logicalId }): Finding[] => {
    const alarm = alarms.find(({ AlarmName }) => AlarmName === id);
    if (alarm === undefined) {
      const restore = 'Create it again with the same name: npx cdk synth shows its properties.';
      return [issue.warning('alarms', `Alarm ${id} was deleted`, 'Nothing watches what it watched.', restore)];
    }
    if (alarm.StateValue !== 'ALARM') return [];
    const { severity, title, mend } = adviceOn(stack, logicalId, alarm.AlarmDescription ?? '');
    const since = `Alarm ${id} is on since ${alarm.StateUpdatedTimestamp?.toISOString() ?? 'a while'}.`;
    return [issue[severity]('alarms', title, since, mend)];
  });
  const actions = new Set(
    alarms.flatMap(({ ActionsEnabled, AlarmActions = [] }) => (ActionsEnabled ? AlarmActions : [])),
  );
  if (actions.size === 0) {
    const nobody = `On the dashboard: ${counted(alarms.length, 'alarm')}.`;
    const deploy = 'npx cdk deploy -c alarmTopicArn=arn:aws:sns:…';
    return [...findings, issue.warning('alarms', 'Alarms notify nobody', nobody, deploy)];
  }
  const topics = [...actions].filter((action) => /^arn:[^:]+:sns:/.test(action));
  const heard = await Promise.all(topics.map(checkTopic));
  return [`${counted(alarms.length, 'alarm')}, which notify a topic`, ...findings, ...heard.flat()];
}

async function describeAlarms(names: readonly string[]): Promise<MetricAlarm[]> {
  const client = watched(new CloudWatchClient());
  const alarms: MetricAlarm[] = [];
  for (let at = 0; at < names.length; at += most) {
    const AlarmNames = names.slice(at, at + most);
    const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNames, MaxRecords: most }));
    alarms.push(...MetricAlarms);
  }
  return alarms;
}

async function checkTopic(TopicArn: string): Promise<Finding[]> {
  const client = watched(new SNSClient({ region: TopicArn.split(':')[3] }));
  const { Subscriptions = [] } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  if (Subscriptions.some(({ SubscriptionArn }) => SubscriptionArn?.startsWith('arn:'))) return [];
  const waiting = Subscriptions.length > 0 ? 'Its subscriptions wait for confirmation.' : 'It has no subscription.';
  return [
    issue.warning(
      'alarms',
      `${TopicArn} has no confirmed subscriber`,
      waiting,
      `aws sns subscribe --topic-arn ${TopicArn} --protocol email --notification-endpoint YOUR-ADDRESS`,
    ),
  ];
}
