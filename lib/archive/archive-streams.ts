import { RemovalPolicy } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { type ILogGroup, LogStream } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { archiveFileExtension, archivePrefixes, archiveTypeOf } from '../../lambda/archive-contract.ts';
import { eventTypes } from '../../lambda/contract.ts';
import type { EncryptionOptions } from '../data-stores.ts';
import { acknowledgeObjects, grantKeyThrough } from '../grants.ts';

/** An object holds the events of five minutes, or 64 MiB if there are more. */
const bufferingHints = { intervalInSeconds: 300, sizeInMBs: 64 };

/** What the streams need. */
export interface ArchiveStreamsProps extends EncryptionOptions {
  readonly bucket: IBucket;
  /** Gets Firehose's errors when it cannot deliver. */
  readonly logGroup: ILogGroup;
}

/**
 * A Firehose stream for each type of event. So the type is part of an object's name without dynamic partitioning, which
 * costs extra. The streams' role may write into the bucket and do nothing else.
 */
export class ArchiveStreams extends Construct {
  readonly #streams: ReadonlyMap<string, CfnDeliveryStream>;

  constructor(scope: Construct, id: string, props: ArchiveStreamsProps) {
    super(scope, id);
    const { bucket, logGroup } = props;
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('firehose.amazonaws.com') });
    const { logStreamName } = new LogStream(this, 'Log', { logGroup, removalPolicy: RemovalPolicy.DESTROY });
    // The CDK's own DeliveryStream would let Firehose read and delete everything in the bucket.
    const streams = Object.values(eventTypes).map((event) => {
      const type = archiveTypeOf(event);
      const properties = streamProperties(type, { ...props, role, logStreamName });
      return [type, new CfnDeliveryStream(this, type, properties)] as const;
    });
    this.#streams = new Map(streams);

    const prefixes = [archivePrefixes.events, archivePrefixes.failed];
    const written = prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`));
    const grant = (actions: string[], resourceArns: string[]) =>
      Grant.addToPrincipal({ grantee: role, actions: actions.map((action) => `s3:${action}`), resourceArns });
    const grants = [
      grant(['GetBucketLocation', 'ListBucket', 'ListBucketMultipartUploads'], [bucket.bucketArn]),
      grant(['AbortMultipartUpload', 'GetObject', 'PutObject'], written),
      logGroup.grantWrite(role),
    ];
    grantKeyThrough(role, bucket.encryptionKey, 's3', ['kms:GenerateDataKey', 'kms:Decrypt'], bucket);
    acknowledgeObjects(role, bucket, ...prefixes);
    // AWS refuses to create a stream whose role may not write yet.
    for (const [, stream] of streams) for (const grant of grants) grant.applyBefore(stream);
  }

  /** The streams' names by type, in the form of `archiveEnvironment.streams`. */
  get names(): string {
    return [...this.#streams].map(([type, { ref }]) => `${type}=${ref}`).join(',');
  }

  /** Lets a role put events into the streams. */
  grantPut(role: Role): void {
    const resourceArns = [...this.#streams.values()].map(({ attrArn }) => attrArn);
    Grant.addToPrincipal({ grantee: role, actions: ['firehose:PutRecord'], resourceArns });
  }

  /** Types of events, as `archiveTypeOf` names them. */
  get types(): string[] {
    return [...this.#streams.keys()];
  }

  /** Seconds that the oldest event of a type has waited for delivery, as a maximum. */
  metricDataFreshness(type: string, options?: MetricOptions): Metric {
    return new Metric({
      namespace: 'AWS/Firehose',
      metricName: 'DeliveryToS3.DataFreshness',
      dimensionsMap: { DeliveryStreamName: this.#streams.get(type)?.ref ?? type },
      statistic: Stats.MAXIMUM,
      ...options,
    });
  }
}

/** Prefix of an hour in Firehose's syntax: the hour in which an object's first event arrived, in UTC. */
const hourPartition = 'year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/';

function streamProperties(
  type: string,
  { bucket, role, logGroup, logStreamName, encryptionKey }: ArchiveStreamsProps & { role: Role; logStreamName: string },
) {
  return {
    deliveryStreamType: 'DirectPut',
    deliveryStreamEncryptionConfigurationInput: encryptionKey
      ? { keyType: 'CUSTOMER_MANAGED_CMK', keyArn: encryptionKey.keyArn }
      : { keyType: 'AWS_OWNED_CMK' },
    extendedS3DestinationConfiguration: {
      bucketArn: bucket.bucketArn,
      roleArn: role.roleArn,
      prefix: `${archivePrefixes.events}type=${type}/${hourPartition}`,
      errorOutputPrefix: `${archivePrefixes.failed}!{firehose:error-output-type}/type=${type}/${hourPartition}`,
      customTimeZone: 'UTC',
      bufferingHints,
      compressionFormat: 'GZIP',
      fileExtension: archiveFileExtension,
      cloudWatchLoggingOptions: { enabled: true, logGroupName: logGroup.logGroupName, logStreamName },
    },
  };
}
