import { Duration } from 'aws-cdk-lib';
import type { ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { type Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  defaultTimestampToleranceSeconds,
  type FailureReason,
  metrics,
  type RefusalReason,
} from '../lambda/contract.ts';
import type { Archive } from './archive/archive.ts';
import { expectSameArchive } from './archive/same-archive.ts';
import { EventQueue } from './event-queue.ts';
import { AccessLog } from './front-door/access-log.ts';
import {
  CustomDomain,
  type CustomDomainOptions,
  type DomainMappingOptions,
  expectOneDomain,
  mapDomain,
} from './front-door/custom-domain.ts';
import {
  callbackPathShape,
  defaultCallbackPath,
  defaultThrottle,
  type IFrontDoor,
  warnOfThrottle,
} from './front-door/front-door.ts';
import { HttpFrontDoor } from './front-door/http-front-door.ts';
import { RestFrontDoor, type RestFrontDoorOptions } from './front-door/rest-front-door.ts';
import { grantReadData } from './grants.ts';
import { Keyring } from './keyring.ts';
import { createLog, type LogOptions } from './log-group.ts';
import { addOutputs, type ReceiverOutputsOptions } from './outputs.ts';
import { OverflowBucket } from './overflow-bucket.ts';
import { ReceiverFunction } from './receiver-function.ts';
import { serviceMetric, serviceOf } from './service.ts';

/** Options of a receiver. It creates the resources that it is not given. */
export interface WebhookReceiverProps extends LogOptions {
  /**
   * Gets the verified events. In a FIFO queue they are in order, and each is there once.
   * @default - a FIFO queue with a dead-letter queue, see `EventQueue`
   */
  readonly queue?: IQueue;
  /**
   * Holds the public keys.
   * @default - a secret with an empty keyring, see `Keyring`
   */
  readonly keyring?: ISecret;
  /**
   * Gets the data of events that are too large for the queue.
   * @default - its own bucket, see `OverflowBucket`
   */
  readonly overflowBucket?: IBucket;
  /**
   * Gets every event as well. It is to have the same `keyring` and `overflowBucket`.
   * @default - events are nowhere but in the queue
   */
  readonly archive?: Archive | undefined;
  /**
   * Path that takes webhooks. It may hold only letters, digits and `. _ ~ -`, which no front door rewrites.
   * @default /messagemedia
   */
  readonly callbackPath?: string;
  /**
   * How old the signed `Date` may be. It may also be at most 15 minutes in the future, because clocks differ. Zero turns
   * both checks off.
   * @default - 24 hours: a callback is retried for longer than MessageMedia documents, perhaps with its first signature
   */
  readonly timestampTolerance?: Duration;
  /**
   * A regional REST API with these options instead of an HTTP API. It can verify only queries with a common encoding.
   * @default - an HTTP API
   */
  readonly rest?: RestFrontDoorOptions;
  /**
   * Your own domain name for the callback URL.
   * @default - the name that API Gateway gives
   */
  readonly domain?: CustomDomainOptions;
  /**
   * A domain name of API Gateway that you have, in place of `domain`.
   * @default - none
   */
  readonly domainMapping?: DomainMappingOptions;
  /**
   * Turns the URL of API Gateway off, so that webhooks come through `domain` or `domainMapping` alone.
   * @default false
   */
  readonly disableExecuteApiEndpoint?: boolean;
  /**
   * Requests per second on average and at once; further requests get a 429 from API Gateway, at no charge.
   * @default - 200 and 400
   */
  readonly throttle?: ThrottleSettings;
  /**
   * Concurrent executions that are reserved for the function, which can then use no more than these. AWS wants 100 of the
   * account to stay unreserved: an account with 10 cannot reserve any.
   * @default - it shares the account's
   */
  readonly reservedConcurrentExecutions?: number;
  /**
   * The function's network. It must lead to Secrets Manager, SQS, S3 and, with an archive, Data Firehose: through interface
   * and gateway endpoints, or NAT.
   * @default - no VPC: the function reaches AWS on its own
   */
  readonly vpc?: IVpc;
  /**
   * Subnets of `vpc` for the function.
   * @default - the private subnets
   */
  readonly vpcSubnets?: SubnetSelection;
  /**
   * Security groups of the function in `vpc`. It needs HTTPS to the outside, and nothing from there.
   * @default - one of its own, which allows all outbound traffic
   */
  readonly securityGroups?: ISecurityGroup[];
  /**
   * Traces of the function in X-Ray.
   * @default true
   */
  readonly tracing?: boolean;
}

/** A front door, and a function behind it that verifies webhooks and queues them. */
export class WebhookReceiver extends Construct {
  /** The URL to give MessageMedia as `callback_url`. */
  readonly callbackUrl: string;
  readonly queue: IQueue;
  /** The dead-letter queue, for events that no consumer could handle; `undefined` if the queue has none, or is imported. */
  readonly deadLetterQueue: IQueue | undefined;
  readonly keyring: ISecret;
  /** Data of events that are too large for the queue. */
  readonly overflowBucket: IBucket;
  /** Gets every event as well; `undefined` without one. */
  readonly archive: Archive | undefined;
  readonly function: IFunction;
  readonly frontDoor: IFrontDoor;
  /** Where a DNS record of the domain must point; `undefined` without a domain. */
  readonly domainTarget: string | undefined;
  /** Of the domain; `undefined` without a domain. */
  readonly certificate: ICertificate | undefined;
  readonly functionLog: ILogGroup;
  readonly accessLog: AccessLog;
  /** Name of this receiver in log and metrics: stack name and path, for example `MessageMediaWebhooks/Receiver`. */
  readonly service: string;

  constructor(scope: Construct, id: string, props: WebhookReceiverProps = {}) {
    super(scope, id);
    const { callbackPath = defaultCallbackPath, encryptionKey } = props;
    const throttle = { ...defaultThrottle, ...props.throttle };
    if (!callbackPathShape.test(callbackPath))
      throw new Error(`Front doors would rewrite the callback path ${callbackPath}: use letters, digits and . _ ~ -`);
    this.service = serviceOf(this);
    this.queue = props.queue ?? new EventQueue(this, 'Queue', { encryptionKey }).queue;
    this.deadLetterQueue = this.queue instanceof Queue ? this.queue.deadLetterQueue?.queue : undefined;
    this.keyring = props.keyring ?? new Keyring(this, 'Keyring', { encryptionKey });
    this.overflowBucket = props.overflowBucket ?? new OverflowBucket(this, 'Overflow', { encryptionKey });
    this.archive = props.archive;
    expectSameArchive(this);

    this.functionLog = createLog(this, 'FunctionLog', props);
    this.accessLog = new AccessLog(this, 'AccessLog', {
      logGroup: createLog(this, 'AccessLogGroup', props),
      service: this.service,
    });

    this.function = new ReceiverFunction(this, 'Function', {
      queue: this.queue,
      deadLetterQueue: this.deadLetterQueue,
      keyring: this.keyring,
      overflowBucket: this.overflowBucket,
      archive: this.archive,
      timestampTolerance: props.timestampTolerance ?? Duration.seconds(defaultTimestampToleranceSeconds),
      service: this.service,
      mappingKey: props.domainMapping?.mappingKey,
      logGroup: this.functionLog,
      reservedConcurrentExecutions: props.reservedConcurrentExecutions,
      tracing: props.tracing ?? true,
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      securityGroups: props.securityGroups,
    }).function;

    const { disableExecuteApiEndpoint, domainMapping } = props;
    expectOneDomain(this, props);
    const common = { handler: this.function, callbackPath, throttle, accessLog: this.accessLog };
    const door = { ...common, disableExecuteApiEndpoint };
    warnOfThrottle(this, throttle);
    this.frontDoor = props.rest
      ? new RestFrontDoor(this, 'Rest', { ...door, ...props.rest })
      : new HttpFrontDoor(this, 'Http', door);
    const domain = props.domain && new CustomDomain(this, 'Domain', { ...props.domain, frontDoor: this.frontDoor });
    const mapped = domainMapping && mapDomain(this, domainMapping.domainName, this.frontDoor, domainMapping.mappingKey);
    this.callbackUrl = `${mapped ?? (domain ?? this.frontDoor).url}${callbackPath}`;
    this.domainTarget = domain?.target;
    this.certificate = props.domain?.certificate;
  }

  /** Webhooks that were verified and queued, as a sum. */
  metricAccepted(options?: MetricOptions): Metric {
    return serviceMetric(this.service, metrics.accepted, options);
  }

  /** Requests that were refused, as a sum. @param reason only those refused for this reason */
  metricRefused(reason?: RefusalReason, options?: MetricOptions): Metric {
    return serviceMetric(this.service, metrics.refused, options, reason && { reason });
  }

  /** Requests that were answered with a 503, as a sum. @param reason only those that failed for this reason */
  metricFailed(reason?: FailureReason, options?: MetricOptions): Metric {
    return serviceMetric(this.service, metrics.failed, options, reason && { reason });
  }

  /** Requests that had a signature and were refused, as a sum. */
  metricSignedRefused(options?: MetricOptions): Metric {
    return serviceMetric(this.service, metrics.signedRefused, options);
  }

  /** Webhooks that SQS did not take, as a sum. */
  metricEnqueueFailed(options?: MetricOptions): Metric {
    return serviceMetric(this.service, metrics.enqueueFailed, options);
  }

  /** Webhooks whose data S3 did not take, as a sum. */
  metricStorageFailed(options?: MetricOptions): Metric {
    return serviceMetric(this.service, metrics.storageFailed, options);
  }

  /** Times that the keyring could not be read, as a sum. */
  metricKeyringLoadFailed(options?: MetricOptions): Metric {
    return serviceMetric(this.service, metrics.keyringLoadFailed, options);
  }

  /** Webhooks queued without an id, subject, account or time, because their template was not rendered, as a sum. */
  metricUnidentified(options?: MetricOptions): Metric {
    return serviceMetric(this.service, metrics.unidentified, options);
  }

  /** Webhooks queued that should be JSON and are not, so that consumers get no payload, as a sum. */
  metricUnreadable(options?: MetricOptions): Metric {
    return serviceMetric(this.service, metrics.unreadable, options);
  }

  /** Events that were queued and could not be archived, as a sum. */
  metricArchiveFailed(options?: MetricOptions): Metric {
    return serviceMetric(this.service, metrics.archiveFailed, options);
  }

  /** Seconds from the signed `Date` of an accepted webhook to its arrival, as a maximum. */
  metricAge(options?: MetricOptions): Metric {
    return serviceMetric(this.service, metrics.age, { statistic: Stats.MAXIMUM, ...options });
  }

  /** Requests that API Gateway answered with a 429, as a sum. */
  metricThrottled(options?: MetricOptions): Metric {
    return this.accessLog.metricThrottled(options);
  }

  /**
   * Adds the outputs that `mmw --stack` and the examples read, in the outermost stack. Each name begins with the letters and
   * digits of the receiver's path in that stack, so that several receivers can have outputs.
   */
  addOutputs(options: ReceiverOutputsOptions = {}): void {
    addOutputs(this, options);
  }

  /** Lets a consumer receive and delete events, fetch the data of large ones, and decrypt both. */
  grantConsumeEvents(grantee: IGrantable): Grant {
    this.overflowBucket.encryptionKey?.grantDecrypt(grantee);
    return this.queue.grantConsumeMessages(grantee).combine(grantReadData(grantee, this.overflowBucket));
  }

  /** Lets somebody who rotates keys read and write the keyring, for example with `mmw keys`. */
  grantManageKeys(grantee: IGrantable): Grant {
    return this.keyring.grantRead(grantee).combine(this.keyring.grantWrite(grantee));
  }
}
