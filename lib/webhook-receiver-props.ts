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

/** What a receiver can be told. It makes what it is not given. */
export interface WebhookReceiverProps {
  /**
   * Gets the verified events. A FIFO queue gets them in order, and each once.
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
   * @default - a bucket of its own, see `OverflowBucket`
   */
  overflowBucket?: IBucket;
  /**
   * Gets every event as well. It is to have the same `keyring` and `overflowBucket`.
   * @default - events are nowhere but in the queue
   */
  archive?: Archive | undefined;
  /**
   * Path that takes webhooks, of letters, digits and `. _ ~ -`, which no front door rewrites. Any other is an error.
   * @default /messagemedia
   */
  callbackPath?: string;
  /**
   * How old the signed `Date` may be; zero turns the check of its age off. How far ahead of now it may be is fixed at 15
   * minutes, for clocks that differ.
   * @default - 24 hours: a callback is retried for longer than MessageMedia documents, perhaps with its first signature
   */
  timestampTolerance?: Duration;
  /**
   * A regional REST API, with these options, instead of an HTTP API. Only queries in the usual spellings can be verified
   * behind one.
   * @default - an HTTP API
   */
  rest?: RestFrontDoorOptions;
  /**
   * Domain name of your own for the callback URL.
   * @default - the name that API Gateway gives
   */
  domain?: CustomDomainOptions;
  /**
   * Requests per second on average and at once; what is beyond gets a 429 from API Gateway, at no charge.
   * @default - 200 and 400
   */
  throttle?: Required<ThrottleSettings>;
  /**
   * Concurrent executions kept for, and granted at most to, the function.
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
   * Encrypts the logs, and the queue and the keyring if the receiver makes them. Its key policy gets a statement for
   * CloudWatch Logs; of an imported key you have to add it yourself.
   * @default - keys that AWS owns, at no charge
   */
  encryptionKey?: IKey;
}
