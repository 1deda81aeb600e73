import { CloudWatchClient, DescribeAlarmsCommand, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { ListSubscriptionsByTopicCommand, NotFoundException, SNSClient } from '@aws-sdk/client-sns';
import { counted } from '../../terminal/text.ts';
import { watched } from '../aws.ts';
import { regionOf } from '../places.ts';
import { type Checkup, type Finding, problem } from './checkup.ts';

/** Most names in one call. */
const most = 100;

/** Are all alarms there, is one on, do they notify a topic, and does the topic have a subscriber? */
export async function* checkAlarms({ resources }: Checkup): AsyncGenerator<Finding, void> {
  const known = (await resources()).filter(({ type }) => type === 'AWS::CloudWatch::Alarm');
  const alarms = await describeAlarms(known.map(({ id }) => id));
  for (const { id, logicalId } of known) {
    const alarm = alarms.find(({ AlarmName }) => AlarmName === id);
    if (alarm === undefined) {
      const restore = 'Create it again with the same name: npx cdk synth shows its properties.';
      yield problem.warning(`Alarm ${id} was deleted`, 'Nothing watches what it watched.', restore);
    } else if (alarm.StateValue === 'ALARM') {
      const [meaning, advice] = readDescription(alarm.AlarmDescription ?? '');
      const since = `Alarm ${id} is on since ${alarm.StateUpdatedTimestamp?.toISOString() ?? 'a while'}.`;
      // The others end long after what they are about, and doctor looks at that itself.
      const isLosing = /AlarmsServerErrors[0-9A-F]{8}$/.test(logicalId);
      yield problem[isLosing ? 'error' : 'warning'](meaning || `Alarm ${logicalId} is on`, since, advice);
    }
  }
  const silent = alarms.filter(({ ActionsEnabled, AlarmActions = [] }) => !ActionsEnabled || AlarmActions.length === 0);
  const heard = alarms.filter((alarm) => !silent.includes(alarm));
  if (heard.length === 0) {
    const nobody = `On the dashboard: ${counted(alarms.length, 'alarm')}.`;
    return yield problem.warning('Alarms notify nobody', nobody, 'npx cdk deploy -c alarmTopicArn=arn:…');
  }
  for (const { AlarmName, AlarmActions = [] } of silent) {
    const enable = `aws cloudwatch enable-alarm-actions --alarm-names ${AlarmName}`;
    const [why, mend] = AlarmActions.length > 0 ? ['are off', enable] : ['were removed', 'npx cdk drift shows them.'];
    yield problem.warning(`Alarm ${AlarmName} notifies nobody`, `Its actions ${why}.`, mend);
  }
  yield `${counted(heard.length, 'alarm')}, which notify a topic`;
  const actions = new Set(heard.flatMap(({ AlarmActions = [] }) => AlarmActions));
  for (const action of actions) if (/^arn:[^:]+:sns:/.test(action)) yield* checkTopic(action);
}

/** What the stack says of its alarms (`lib/monitoring/watch.ts`): what one means, then its section of the runbook. */
function readDescription(description: string): [meaning: string, advice: string] {
  const [, meaning = '', advice = description] = /^(.*?)\. What to do: (.*)$/s.exec(description) ?? [];
  const page = /docs\/operations\.md#[\w-]+$/.exec(advice)?.[0];
  // Where the page is not on the web, it is found by this command, which has been called.
  return [meaning, page === undefined || advice.startsWith('http') ? advice : `See ${page}`];
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

async function* checkTopic(TopicArn: string): AsyncGenerator<Finding, void> {
  const client = watched(new SNSClient(regionOf(TopicArn)));
  const subscriptions = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn })).then(
    ({ Subscriptions = [] }) => Subscriptions,
    (error: unknown) => {
      if (error instanceof NotFoundException) return undefined;
      throw error;
    },
  );
  if (subscriptions === undefined) {
    const mend = 'Create it again with the same name, and subscribe to it.';
    return yield problem.warning(`${TopicArn} does not exist`, 'Alarms notify nobody.', mend);
  }
  if (subscriptions.some(({ SubscriptionArn }) => SubscriptionArn?.startsWith('arn:'))) return;
  const waiting = subscriptions.length > 0 ? 'Its subscriptions wait for confirmation.' : 'It has no subscription.';
  const subscribe = `aws sns subscribe --topic-arn ${TopicArn} --protocol email --notification-endpoint YOUR-ADDRESS`;
  yield problem.warning(`${TopicArn} has no confirmed subscriber`, waiting, subscribe);
}
