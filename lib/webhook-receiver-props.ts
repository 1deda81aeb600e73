import type { Duration } from 'aws-cdk-lib';
import type { ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Archive } from './archive/archive.ts';
import type { CustomDomainOptions } from './front-door/custom-domain.ts';
import type { RestFrontDoorOptions } from './front-door/rest-front-door.ts';

/** Options of a receiver. It creates the resources that it is not given. */
export interface WebhookReceiverProps {
  /**
   * Gets the verified events. In a FIFO queue they are in order, and each is there once.
   * @default - a FIFO queue with a dead-letter queue, see `EventQueue`
   */
  queue?: IQueue;
  /**
   * Holds the public keys.
   * @default - a secret with an empty keyring, see `Keyring`
   */
  keyring?: ISecret;
  /**
   * Gets the data of events that are too large for the queue.
   * @default - its own bucket, see `OverflowBucket`
   */
  overflowBucket?: IBucket;
  /**
   * Gets every event as well. It is to have the same `keyring` and `overflowBucket`.
   * @default - events are nowhere but in the queue
   */
  archive?: Archive | undefined;
  /**
   * Path that takes webhooks. It may hold only letters, digits and `. _ ~ -`, which no front door rewrites.
   * @default /messagemedia
   */
  callbackPath?: string;
  /**
   * How old the signed `Date` may be. It may also be at most 15 minutes in the future, because clocks differ. Zero turns
   * both checks off.
   * @default - 24 hours: a callback is retried for longer than MessageMedia documents, perhaps with its first signature
   */
  timestampTolerance?: Duration;
  /**
   * A regional REST API with these options instead of an HTTP API. It can verify only queries with a common encoding.
   * @default - an HTTP API
   */
  rest?: RestFrontDoorOptions;
  /**
   * Your own domain name for the callback URL.
   * @default - the name that API Gateway gives
   */
  domain?: CustomDomainOptions;
  /**
   * Requests per second on average and at once; further requests get a 429 from API Gateway, at no charge.
   * @default - 200 and 400
   */
  throttle?: Required<ThrottleSettings>;
  /**
   * Concurrent executions that are reserved for the function, which can then use no more than these. AWS wants 100 of the
   * account to stay unreserved: an account with 10 cannot reserve any.
   * @default - it shares the account's
   */
  reservedConcurrentExecutions?: number;
  /**
   * How long the logs of function and API are kept.
   * @default RetentionDays.ONE_MONTH
   */
  logRetention?: RetentionDays;
  /**
   * Traces of the function in X-Ray.
   * @default true
   */
  tracing?: boolean;
  /**
   * Encrypts the logs, and the queue, keyring and bucket if the receiver creates them. The receiver adds a statement for
   * CloudWatch Logs to the key's policy. For an imported key you must add it yourself.
   * @default - keys that AWS owns, at no charge
   */
  encryptionKey?: IKey;
}
