import { type EventType, eventKinds } from './event/kinds.ts';

export type { EventType };

/**
 * The contract between infrastructure, function, terminal, sandbox and consumers. It imports only the kinds of events, so
 * that each of them can import it without the others.
 */

/** Environment variables of the receiver function. */
export const environment = {
  /** URL of the SQS queue that gets the verified events. A name ending in `.fifo` makes the receiver send FIFO ids. */
  queueUrl: 'QUEUE_URL',
  /** Name or ARN of the Secrets Manager secret with the public keys. */
  keyringSecretId: 'KEYRING_SECRET_ID',
  /** How old a signed `Date` may be, in seconds; `0` turns the check off. Optional. */
  timestampToleranceSeconds: 'TIMESTAMP_TOLERANCE_SECONDS',
  /** Name of the S3 bucket for the data of events that are too large for SQS. Without it they are answered with 413. */
  overflowBucket: 'OVERFLOW_BUCKET',
  /** Path between the domain name and the callback path in the URL, without a slash at its ends. Optional. */
  mappingKey: 'MAPPING_KEY',
  /** Name of this receiver in log and metrics, which differs for several receivers in one account. Optional. */
  service: 'POWERTOOLS_SERVICE_NAME',
} as const;

/** Environment variables of the rotation function. */
export const rotationEnvironment = {
  /** Name or ARN of the secret with the credentials of MessageMedia's API: `{"api_key","api_secret","account"?}`. */
  apiCredentialsSecretId: 'API_CREDENTIALS_SECRET_ID',
  /** `messagemedia`, `us`, `eu`, `au`, or a URL. */
  baseUrl: 'MESSAGEMEDIA_BASE_URL',
  /** Digest of new keys. */
  digest: 'SIGNATURE_DIGEST',
} as const;

/** Environment variables of the reconciliation function, besides queue, bucket, and the first two of `rotationEnvironment`. */
export const reconciliationEnvironment = {
  /** `true` confirms queued events at MessageMedia. Then nobody else gets them by polling this account. */
  confirm: 'RECONCILE_CONFIRM',
  /** Names of the log groups that are searched for accepted and recovered events, separated by commas. */
  logGroups: 'RECONCILE_LOG_GROUPS',
  /** Days that these logs are kept, or `Infinity`. */
  logDays: 'RECONCILE_LOG_DAYS',
  /** Name of the stack, for the command that a person can run. */
  stack: 'RECONCILE_STACK',
} as const;

/** Names of functions in their logs. */
export const rotationService = 'key-rotation';
export const reconciliationService = 'reconciliation';

/**
 * How old a signed `Date` may be, in seconds. Callbacks are retried for longer than MessageMedia documents, perhaps with
 * their first signature. A longer window lets in only repetitions of genuine events, which consumers drop. A
 * shorter window loses events for good.
 */
export const defaultTimestampToleranceSeconds = 86_400;

/** How far in the future a signed `Date` may be, in seconds, because clocks differ. */
export const futureToleranceSeconds = 900;

/**
 * A key still verifies a `Date` up to this long after its retirement, in seconds. This allows for clocks that differ, and
 * for the time between enabling a key and recording that the previous one is retired.
 */
export const retirementGraceSeconds = 300;

/** Prefix of captured requests in the bucket. They expire in a day. */
export const capturePrefix = 'captures/';

/** Headers of MessageMedia, in lower case. */
export const signatureHeaders = {
  signature: 'x-messagemedia-signature',
  digest: 'x-messagemedia-digest-type',
  cipher: 'x-messagemedia-cipher-type',
  keyId: 'x-messagemedia-key-id',
} as const;

/** Messages of log lines that programs read again. Reconciliation finds by two of them which events are queued already. */
export const logMessages = {
  accepted: 'accepted',
  refused: 'refused',
  failed: 'failed',
  /** Signed with the probe key, and good. */
  probed: 'probed',
  /** Queued by reconciliation. */
  recovered: 'recovered',
} as const;

/** Why a request was refused. Log and metric have the reason, an answer never does. */
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
  'foreign_account',
] as const;
export type RejectionReason = (typeof rejectionReasons)[number];

/** Why a request was refused: a failed check, an event of another kind, or an event that is too large. */
export type RefusalReason = RejectionReason | 'malformed_event' | 'event_too_large';

/** Why a request was answered with a 503, so that the sender retries. */
export type FailureReason = 'keyring_unavailable' | 'queue_unavailable' | 'storage_unavailable' | 'unexpected';

/**
 * CloudWatch metrics of the receiver. Each is a count, except `Age`. All have the dimension `service`. `Refused` and
 * `Failed` exist a second time with the dimensions `service` and `reason`, because an alarm can neither search dimensions
 * nor add up more than ten metrics.
 */
export const metrics = {
  namespace: 'MessageMediaWebhooks',
  /** `service` where `environment.service` is not set. */
  service: 'webhook-receiver',
  /** Verified and queued: 1. An unsigned request writes 0, so that it can be compared. */
  accepted: 'Accepted',
  /** Refused, by `RefusalReason`. */
  refused: 'Refused',
  /** Answered with a 503, by `FailureReason`. */
  failed: 'Failed',
  /** Refused although it was signed: 1, as a scanner signs nothing. Each accepted webhook writes 0, so that the alarm can end. */
  signedRefused: 'SignedRefused',
  /** Not queued, because SQS did not take it: 1. Each accepted webhook writes 0. */
  enqueueFailed: 'EnqueueFailed',
  /** Data too large for the queue, which S3 did not take: 1. Data that was stored writes 0. */
  storageFailed: 'StorageFailed',
  /** The keyring could not be read: 1. If the function has keys, it still verifies webhooks. The request after a read writes 0. */
  keyringLoadFailed: 'KeyringLoadFailed',
  /** Accepted, but an id, subject, account or time was a template variable that was not rendered. */
  unidentified: 'Unidentified',
  /** Accepted, but the body should be JSON and is not, so that consumers get no payload. */
  unreadable: 'Unreadable',
  /** Requests refused while capturing is on, whether they were kept or the capture was full. */
  captured: 'Captured',
  /** Seconds between the signed `Date` of an accepted webhook and its arrival. */
  age: 'Age',
  /** Queued by reconciliation, because the webhook had not arrived. */
  recovered: 'Recovered',
  /** MessageMedia's lists that hide newer items. Each reconciliation writes it, also 0, so that the alarm can end. */
  fullLists: 'FullLists',
  /** Queued, but neither a stream nor the queue of the archive took it: 1. Each accepted webhook writes 0. */
  archiveFailed: 'ArchiveFailed',
  /** Answered with a 429 by API Gateway, before the function; counted from the access log. */
  throttled: 'Throttled',
  /** A step of a rotation failed, or a rotation is overdue: 1. A finished rotation writes 0. Its `service` is the rotation's. */
  rotationFailed: 'RotationFailed',
} as const;

/** CloudEvents `type` of a queued event. `webhook` is any body that is not one of the known kinds. */
export const eventTypes = Object.fromEntries(Object.entries(eventKinds).map(([name, { type }]) => [name, type])) as {
  [Kind in keyof typeof eventKinds]: (typeof eventKinds)[Kind]['type'];
};

/**
 * A queued event: CloudEvents 1.0 in the structured JSON format. An event that came as a webhook holds everything that
 * is needed to verify its signature again. A polled event was never signed.
 */
export type QueuedEvent = SignedEvent | PolledEvent;

/** An event that came as a signed webhook. Its `mm…` attributes and its data are enough to verify the signature again. */
export interface SignedEvent extends CommonAttributes {
  mmorigin?: never;
  /** Id of the key that verified. If the keyring has that key without an id, this is the id that the sender named. */
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

/** An event whose webhook did not arrive, fetched from MessageMedia's API. It was never signed. */
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
  /** MessageMedia's id of the event, else the id of the API Gateway request. */
  id: string;
  /**
   * `urn:messagemedia:account:<id>`, else `urn:messagemedia`. The account is the one that the body names, or, as soon as
   * a key of the keyring names an account, that of the key.
   */
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
   * The body. With a JSON `datacontenttype` it is here byte for byte as it was signed. Otherwise it is text, as a JSON
   * string. Always the last member of the message; absent when the request had no body.
   */
  data?: unknown;
  /** The body in base64, for bytes that are not UTF-8 text or that SQS does not carry. Always the last member. */
  data_base64?: string;
  /**
   * Where the body is if it is too large for the queue: `s3://<bucket>/<SHA-256 of the body in hex>`. It is the last
   * member, and there is neither `data` nor `data_base64`.
   */
  dataref?: string;
}
