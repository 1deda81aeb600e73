import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IConstruct } from 'constructs';
import { outputs, prefixOf } from '../lambda/stack-outputs.ts';
import type { IApiCaller } from './api-credentials.ts';
import type { Archive } from './archive/archive.ts';
import type { AccessLog } from './front-door/access-log.ts';

/** What belongs to a receiver and is to be among its outputs. */
export interface ReceiverOutputsOptions {
  /**
   * Rotates the receiver's keys: a `KeyRotation`.
   * @default - no outputs about rotation
   */
  readonly rotation?: IApiCaller;
  /**
   * Recovers the receiver's events: a `Reconciliation`.
   * @default - no outputs about reconciliation
   */
  readonly reconciliation?: IApiCaller;
  /**
   * Shows the receiver's metrics, as the dashboard of `Monitoring` does.
   * @default - no output about a dashboard
   */
  readonly dashboard?: Dashboard;
}

/** What the outputs say of a receiver. */
interface Receiver extends IConstruct {
  readonly callbackUrl: string;
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue | undefined;
  readonly keyring: ISecret;
  readonly overflowBucket: IBucket;
  readonly archive: Archive | undefined;
  readonly functionLog: ILogGroup;
  readonly accessLog: AccessLog;
  readonly domainTarget: string | undefined;
}

/**
 * Adds outputs to the receiver's stack, or to the stack in which that one is nested, because people know only its name.
 *
 * @param prefix of all names; without one it is made of the receiver's path in that stack
 */
export function addOutputs(receiver: Receiver, others: ReceiverOutputsOptions, prefix?: string): void {
  const stack = outermost(Stack.of(receiver));
  const { queue, deadLetterQueue, keyring, overflowBucket, archive } = receiver;
  const { rotation, reconciliation, dashboard } = others;
  const apiSecret = "Secret for the credentials of MessageMedia's API that rotation and reconciliation need";
  const key = queue.encryptionMasterKey ?? overflowBucket.encryptionKey;
  const rows: [name: string, value: string | undefined, description: string][] = [
    [outputs.callbackUrl, receiver.callbackUrl, 'Give this to MessageMedia as callback_url or as the url of a webhook'],
    [outputs.queueUrl, queue.queueUrl, 'SQS queue of verified events'],
    [outputs.queueArn, queue.queueArn, 'The same queue, for event sources and policies'],
    [outputs.deadLetterQueueUrl, deadLetterQueue?.queueUrl, 'Events that no consumer could handle'],
    [outputs.keyringSecretArn, keyring.secretArn, 'Secret that holds the public keys'],
    [outputs.overflowBucketName, overflowBucket.bucketName, 'Data of events that are too large for the queue'],
    [outputs.archiveBucketName, archive?.bucket.bucketName, 'Archive of events and public keys'],
    [outputs.archiveQueueUrl, archive?.queue.queueUrl, 'Messages that are sent to this queue are archived'],
    [outputs.functionLogGroup, receiver.functionLog.logGroupName, 'Log with the events that arrived'],
    [outputs.accessLogGroup, receiver.accessLog.logGroup.logGroupName, 'Log with the answer to every request'],
    [outputs.rotationLogGroup, rotation?.log.logGroupName, 'Log of the rotations'],
    [outputs.reconciliationLogGroup, reconciliation?.log.logGroupName, 'Log with the events that were recovered'],
    [outputs.apiCredentialsSecretArn, (rotation ?? reconciliation)?.apiCredentials.secretArn, apiSecret],
    [outputs.keyArn, key?.keyArn, 'KMS key for which consumers need kms:Decrypt'],
    [outputs.dashboardName, dashboard?.dashboardName, 'CloudWatch dashboard'],
    [outputs.domainTarget, receiver.domainTarget, 'Target for the DNS record of domainName'],
  ];
  const names = prefix ?? prefixOf(receiver.node.path.slice(stack.node.path.length));
  for (const [name, value, description] of rows)
    if (value) new CfnOutput(stack, `${names}${name}`, { value, description });
}

function outermost(stack: Stack): Stack {
  return stack.nestedStackParent === undefined ? stack : outermost(stack.nestedStackParent);
}
