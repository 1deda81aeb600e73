import { CloudFormationClient, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { watched } from '../aws.ts';
import { stackNameOf } from '../receivers.ts';
import { type Finding, issue } from './report.ts';

/** Do alarms notify a topic, and does the topic have a subscriber? */
export async function checkAlarms(stack: string): Promise<Finding[]> {
  const { TemplateBody = '{}' } = await watched(new CloudFormationClient()).send(
    new GetTemplateCommand({ StackName: stackNameOf(stack) }),
  );
  const resources: { Type: string; Properties?: { AlarmActions?: unknown[] } }[] = Object.values(
    JSON.parse(TemplateBody).Resources ?? {},
  );
  const alarms = resources.filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
  const actions = new Set(alarms.flatMap(({ Properties }) => Properties?.AlarmActions ?? []));
  if (actions.size === 0) {
    const nobody = `${alarms.length} alarms are on the dashboard only.`;
    const deploy = 'npx cdk deploy -c alarmTopicArn=arn:…';
    return [issue.warning('alarms', 'Alarms notify nobody', nobody, deploy)];
  }
  const topics = [...actions].filter((action) => typeof action === 'string');
  const findings = await Promise.all(topics.map(checkTopic));
  return [`${alarms.length} alarms, which notify a topic`, ...findings.flat()];
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
