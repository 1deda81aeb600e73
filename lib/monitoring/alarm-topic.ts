import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { BroughtResourceError, expectHere } from '../brought-resource.ts';

/**
 * Lets alarms notify a topic, also through its key if that is a key of this app.
 *
 * @throws {BroughtResourceError} for a topic that CloudWatch cannot notify
 */
export function notify(scope: Construct, topic: ITopic): SnsAction {
  const { topicArn: arn, env, masterKey } = topic;
  expectHere(scope, 'Alarm topic', { arn, env }, ['region']);
  // A FIFO topic wants a group for each message, which an alarm does not give.
  if (topic.fifo) {
    throw new BroughtResourceError(
      `Alarm topic ${topic.node.path} is a FIFO topic, and alarms notify only standard topics: give one.`,
    );
  }
  if (masterKey?.keyArn.endsWith(':alias/aws/sns')) {
    throw new BroughtResourceError(
      `Alarm topic ${topic.node.path} is encrypted with the key aws/sns, which alarms may not use: give it a key of your own, or none.`,
    );
  }
  masterKey?.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      // In a key's policy, `*` is only that key.
      resources: ['*'],
    }),
  );
  return new SnsAction(topic);
}
