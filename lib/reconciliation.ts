import { ArnFormat, Duration, Fn, Stack } from 'aws-cdk-lib';
import { type Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Grant, type Role } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { environment, metrics, reconciliationEnvironment, rotationEnvironment } from '../lambda/contract.ts';
import { type ApiCallerOptions, ApiCredentials, type IApiCaller } from './api-credentials.ts';
import { BundledFunction } from './bundled-function.ts';
import { acknowledgeResource, grantReadKeyring, grantSendEvents } from './grants.ts';
import { createLog } from './log-group.ts';
import { serviceMetric } from './service.ts';
import type { WebhookReceiver } from './webhook-receiver.ts';

/** Longest run. Runs are at least this far apart, so that two never overlap. */
const timeout = Duration.minutes(5);

/** Options of reconciliation. */
export interface ReconciliationProps extends ApiCallerOptions {
  /** Its queue gets the missing events. Its log says which webhooks arrived. */
  readonly receiver: WebhookReceiver;
  /** From one run to the next: 5 minutes to a day. */
  readonly every: Duration;
  /**
   * Removes queued events from MessageMedia's lists, for everybody who polls the account.
   * @default false
   */
  readonly confirm?: boolean;
}

/** Fetches, on a schedule, the delivery reports and replies whose webhook did not arrive, and queues them. */
export class Reconciliation extends Construct implements IApiCaller {
  readonly apiCredentials: ApiCredentials;
  readonly function: IFunction;
  readonly log: ILogGroup;
  /** From one run to the next. */
  readonly every: Duration;
  readonly #service: string;

  constructor(scope: Construct, id: string, props: ReconciliationProps) {
    super(scope, id);
    const { receiver, every, baseUrl, confirm = false, encryptionKey } = props;
    if (every.toMinutes() < timeout.toMinutes() || every.toDays({ integral: false }) > 1) {
      throw new Error(`Reconciliation every ${every.toHumanString()}: give 5 minutes to a day`);
    }
    this.#service = receiver.service;
    this.every = every;
    this.apiCredentials = props.apiCredentials ?? new ApiCredentials(this, 'ApiCredentials', { encryptionKey });
    this.log = createLog(this, 'Log', props);
    const logs = [receiver.functionLog, this.log];
    const logGroupNames = logs.map(({ logGroupName }) => logGroupName);
    const { function: reconcile, role } = new BundledFunction(this, 'Reconcile', {
      entry: 'reconcile-handler',
      logGroup: this.log,
      tracing: false,
      description: 'Queues MessageMedia events whose webhook did not arrive',
      memorySize: 256,
      timeout,
      // The next run does what a failed run did not.
      retryAttempts: 0,
      environment: {
        [environment.queueUrl]: receiver.queue.queueUrl,
        [environment.keyringSecretId]: receiver.keyring.secretArn,
        [environment.overflowBucket]: receiver.overflowBucket.bucketName,
        [environment.service]: receiver.service,
        ...receiver.archive?.environment,
        [rotationEnvironment.apiCredentialsSecretId]: this.apiCredentials.secretArn,
        [rotationEnvironment.baseUrl]: baseUrl,
        [reconciliationEnvironment.confirm]: String(confirm),
        [reconciliationEnvironment.logGroups]: Fn.join(',', logGroupNames),
        [reconciliationEnvironment.logDays]: String(Math.min(...logs.map(daysKept))),
        [reconciliationEnvironment.stack]: Stack.of(this).stackName,
      },
    });
    this.function = reconcile;
    grantSendEvents(role, receiver);
    this.apiCredentials.allowReading(role);
    grantReadKeyring(role, receiver.keyring);
    const logGroupArns = logs.map(({ logGroupArn }) => logGroupArn);
    Grant.addToPrincipal({ grantee: role, actions: ['logs:StartQuery'], resourceArns: logGroupArns });
    grantQueryResults(role);
    // No concurrency is reserved, because a new account has none to spare.
    new Rule(this, 'Schedule', {
      description: 'Reconciles MessageMedia events with the queue',
      schedule: Schedule.rate(every),
      targets: [new LambdaFunction(reconcile, { retryAttempts: 0 })],
    });
  }

  /** Events that were queued because their webhook had not arrived, as a sum. */
  metricRecovered(options?: MetricOptions): Metric {
    return serviceMetric(this.#service, metrics.recovered, options);
  }

  /** MessageMedia's lists that hide newer items, as a maximum. Each run that could read both lists writes it. */
  metricFullLists(options?: MetricOptions): Metric {
    return serviceMetric(this.#service, metrics.fullLists, { statistic: Stats.MAXIMUM, ...options });
  }
}

/**
 * Lets a role read the results of queries. IAM's reference names log groups as its resources. But a result is asked for by
 * its query alone, and users of AWS reported that the groups of the query were not enough, so it is all of the account here.
 */
function grantQueryResults(role: Role): void {
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
  const anyGroup = Stack.of(role).formatArn({ service: 'logs', resource: 'log-group', resourceName: '*', arnFormat });
  Grant.addToPrincipal({ grantee: role, actions: ['logs:GetQueryResults'], resourceArns: [anyGroup] });
  acknowledgeResource(role, anyGroup, 'A result is found by the id of its query, which only who asked knows.');
}

function daysKept({ node }: ILogGroup): number {
  const group = node.defaultChild;
  return (group instanceof CfnLogGroup && group.retentionInDays) || Number.POSITIVE_INFINITY;
}
