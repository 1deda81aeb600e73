/**
 * What infrastructure, function, terminal, sandbox and consumers agree on. It imports nothing, so that any of them can
 * read it without pulling in the others.
 */

/** Environment variables of the receiver function. */
export const environment = {
  /** URL of the SQS queue that gets the verified events. A name ending in `.fifo` makes the receiver send FIFO ids. */
  queueUrl: 'QUEUE_URL',
  /** Name or ARN of the Secrets Manager secret with the public keys. */
  keyringSecretId: 'KEYRING_SECRET_ID',
  /** How old a signed `Date` may be, in seconds; `0` turns the check of the `Date`'s age off. Optional. */
  timestampToleranceSeconds: 'TIMESTAMP_TOLERANCE_SECONDS',
  /** Name of the S3 bucket for the data of events that are too large for SQS. Without it they are answered with 413. */
  overflowBucket: 'OVERFLOW_BUCKET',
  /** Name of this receiver in log and metrics, so that several in one account can be told apart. Optional. */
  service: 'POWERTOOLS_SERVICE_NAME',
} as const;

/** Environment variables of the rotation function. */
export const rotationEnvironment = {
  /** Name or ARN of the secret with the credentials of MessageMedia's API: `{"api_key","api_secret","account"?}`. */
  apiCredentialsSecretId: 'API_CREDENTIALS_SECRET_ID',
  /** `messagemedia`, `eu`, `au`, or a URL. */
  baseUrl: 'MESSAGEMEDIA_BASE_URL',
  /** Digest of new keys. */
  digest: 'SIGNATURE_DIGEST',
} as const;

/** Environment variables of the reconciliation function, beside those of queue, bucket and `rotationEnvironment`'s first two. */
export const reconciliationEnvironment = {
  /** `true` to confirm at MessageMedia what the queue has: account-wide, nobody else gets it by polling then. */
  confirm: 'RECONCILE_CONFIRM',
  /** Names of the log groups in which accepted and recovered events are looked for, with commas between them. */
  logGroups: 'RECONCILE_LOG_GROUPS',
} as const;

/** Names of the stack's outputs. */
export const outputs = {
  callbackUrl: 'CallbackUrl',
  queueUrl: 'QueueUrl',
  queueArn: 'QueueArn',
  deadLetterQueueUrl: 'DeadLetterQueueUrl',
  keyringSecretArn: 'KeyringSecretArn',
  overflowBucketName: 'OverflowBucketName',
  archiveBucketName: 'ArchiveBucketName',
  apiCredentialsSecretArn: 'ApiCredentialsSecretArn',
  functionLogGroup: 'FunctionLogGroup',
  reconciliationLogGroup: 'ReconciliationLogGroup',
  dashboardName: 'DashboardName',
  domainTarget: 'DomainTarget',
  keyArn: 'KeyArn',
} as const;

/** Name of the rotation function in its log. */
export const rotationService = 'key-rotation';

/** Name of the reconciliation function in its log. */
export const reconciliationService = 'reconciliation';

/**
 * How old a signed `Date` may be, in seconds. Callbacks are retried for longer than MessageMedia documents, perhaps with
 * their first signature. What a longer window lets in is a repetition of a genuine event, which consumers drop by `id`;
 * what a shorter one loses is gone.
 */
export const defaultTimestampToleranceSeconds = 86_400;

/** How far ahead of now a signed `Date` may be, in seconds: for clocks that differ. */
export const futureToleranceSeconds = 900;

/**
 * How long after its retirement a key may still have signed, in seconds: a `Date` up to then is accepted with it. It
 * covers clocks that differ, and the time between enabling a key and noting that the one before it is retired.
 */
export const retirementGraceSeconds = 300;

/** Where refused requests are in the bucket that a person captures. What is there expires in a day. */
export const capturePrefix = 'captures/';

/** Why a request was refused. To be found in log and metric, never in an answer. */
export const rejectionReasons = [
  'unsigned',
  'malformed_signature',
  'missing_date',
  'malformed_date',
  'stale_date',
  'malformed_target',
  'unsupported_algorithm',
  'digest_mismatch',
  'unknown_key',
  'invalid_signature',
] as const;
export type RejectionReason = (typeof rejectionReasons)[number];

/** Why a request was turned away: a failed check, or a request that fits nowhere. */
export type RefusalReason = RejectionReason | 'malformed_event' | 'event_too_large';

/** Why a request was answered with a 503: the sender is to try again. */
export type FailureReason = 'keyring_unavailable' | 'queue_unavailable' | 'storage_unavailable' | 'unexpected';

/**
 * CloudWatch metrics of the receiver, each a count but `Age`. All have the dimension `service`; `Refused` and `Failed` are there a
 * second time with `reason` beside it, as an alarm can neither search dimensions nor add up more than ten metrics.
 */
export const metrics = {
  namespace: 'MessageMediaWebhooks',
  /** `service` where `environment.service` is not set. */
  service: 'webhook-receiver',
  /** Verified and queued. */
  accepted: 'Accepted',
  /** Turned away, by `RefusalReason`. */
  refused: 'Refused',
  /** Answered with a 503, by `FailureReason`. */
  failed: 'Failed',
  /** The keyring could not be read; with keys in hand, webhooks are verified all the same. */
  keyringLoadFailed: 'KeyringLoadFailed',
  /** Accepted, but an id, subject, account or time was a template's variable that was not rendered. */
  unidentified: 'Unidentified',
  /** Refused requests that were kept, or that came when there were enough: only while a person captures them. */
  captured: 'Captured',
  /** Seconds between the signed `Date` of an accepted webhook and its arrival. */
  age: 'Age',
  /** Queued by reconciliation, because no webhook had brought it. */
  recovered: 'Recovered',
  /** Turned away by API Gateway with a 429, before the function; counted from the access log. */
  throttled: 'Throttled',
} as const;

/** CloudEvents `type` of a queued event. `webhook` is every body that is none of the three known kinds. */
export const eventTypes = {
  deliveryReport: 'com.messagemedia.delivery_report',
  reply: 'com.messagemedia.reply',
  optOut: 'com.messagemedia.opt_out',
  webhook: 'com.messagemedia.webhook',
} as const;
export type EventType = (typeof eventTypes)[keyof typeof eventTypes];

/**
 * A queued event: CloudEvents 1.0 in the structured JSON format. One that came as a webhook has all it takes to check its
 * signature again; one that was polled was never signed.
 */
export type QueuedEvent = SignedEvent | PolledEvent;

/** An event that came as a signed webhook. The `mm…` attributes and the data are all it takes to check the signature again. */
export interface SignedEvent extends CommonAttributes {
  mmorigin?: never;
  /** Id of the key that verified; for a key that the keyring holds without an id, the id that the sender named. */
  mmkeyid?: string;
  /** `SHA224`, `SHA256` or `SHA512`. */
  mmdigest: string;
  /** The signed request line, for example `POST /messagemedia HTTP/1.1`. */
  mmrequestline: string;
  /** The signed `Date` header. */
  mmdate: string;
  /** The signature, base64. */
  mmsignature: string;
}

/** An event that no webhook brought, and that was fetched from MessageMedia's API. It was never signed. */
export interface PolledEvent extends CommonAttributes {
  mmorigin: 'poll';
  mmkeyid?: never;
  mmdigest?: never;
  mmrequestline?: never;
  mmdate?: never;
  mmsignature?: never;
}

interface CommonAttributes {
  specversion: '1.0';
  /** The vendor's own id of the event, else the id of the API Gateway request. */
  id: string;
  /** `urn:messagemedia:account:<id>` when the body names the account, else `urn:messagemedia`. */
  source: string;
  type: EventType;
  /** `message_id` of the message that the event is about. */
  subject?: string;
  /** RFC 3339: the body's `date_received`, else the signed `Date`. */
  time: string;
  /** Absent when the request had no body. */
  datacontenttype?: string;
  /** Identifying fields that the JSON body has more than once, with commas; the first of each counts, in payloads too. */
  mmrepeated?: string;
  /** Id of the replay that brought the event from the archive. Absent when it came for the first time. */
  mmreplay?: string;
  /**
   * The body. With a JSON `datacontenttype` it stands here byte for byte as it was signed; else it is text as a JSON
   * string. Always the last member of the message; absent when the request had no body.
   */
  data?: unknown;
  /** The body in base64, for bytes that are not UTF-8 text or that SQS does not carry. Always the last member. */
  data_base64?: string;
  /**
   * Where the body is when it is too large for the queue: `s3://<bucket>/<SHA-256 of the body in hex>`. Always the last
   * member; then there is neither `data` nor `data_base64`.
   */
  dataref?: string;
}
