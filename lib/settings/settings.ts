import type { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** Everything that can be chosen at `cdk deploy`, each as `-c name=value`. */
export interface Settings {
  /**
   * Name of the stack. Another name makes another receiver, with a queue and a keyring of its own: take one for each
   * account of MessageMedia.
   * @default MessageMediaWebhooks
   */
  stackName: string;
  /**
   * Path that takes webhooks. Only characters that no front door rewrites, because the path is part of what is signed.
   * @default /messagemedia
   */
  callbackPath: string;
  /**
   * `fifo` keeps the events of one message in order and queues a sender's retry once; `standard` does neither, but
   * costs less per message and has no limit on its throughput.
   * @default fifo
   */
  ordering: 'fifo' | 'standard';
  /**
   * How old the signed `Date` may be, in seconds; `0` turns the check of its age off. How far ahead of now it may be is
   * fixed at 15 minutes. Callbacks are retried for longer than MessageMedia documents, perhaps with their first signature.
   * @default 86400
   */
  timestampToleranceSeconds: number;
  /**
   * Days from one rotation of the signature key to the next; `0` leaves rotation to you. It needs credentials of
   * MessageMedia's API, which go into a secret of their own.
   * @default 0
   */
  rotationDays: number;
  /**
   * Minutes from one reconciliation to the next, 5 to 1440; `0` for none. It queues delivery reports and replies of the
   * last day that no webhook brought, and needs the same credentials as rotation.
   * @default 0
   */
  reconcileMinutes: number;
  /**
   * Lets reconciliation confirm at MessageMedia what the queue has: account-wide, nobody else gets it by polling then.
   * Without it the list fills up: MessageMedia shows the oldest 100.
   * @default false
   */
  reconcileConfirm: boolean;
  /**
   * MessageMedia's API, for rotation and reconciliation: `messagemedia`, `eu`, `au`, or a URL: https, or http on the
   * loopback, for tests.
   * @default messagemedia
   */
  messagemediaBaseUrl: string;
  /**
   * `http` is an HTTP API: cheaper, and it hands a query over exactly as it was sent. `rest` is a REST API, for those
   * who need AWS WAF or an IP allow list; behind it only queries in the usual spellings can be verified.
   * @default http
   */
  frontDoor: 'http' | 'rest';
  /**
   * Domain name of your own for the callback URL, so that the URL outlives any change of the front door.
   * @default - the name that API Gateway gives
   */
  domainName?: string;
  /**
   * ACM certificate for `domainName`, from the region of the stack.
   * @default - none; required with `domainName`
   */
  certificateArn?: string;
  /**
   * Route 53 hosted zone that gets an alias record for `domainName`.
   * @default - no record is made: point one at the output `DomainTarget`
   */
  hostedZoneId?: string;
  /**
   * Regional AWS WAF web ACL in front of the REST API.
   * @default - none
   */
  webAclArn?: string;
  /**
   * IP addresses and CIDR ranges that may call the REST API; every other caller gets a 403.
   * @default - anybody may call; what is not signed is refused
   */
  allowedIps?: string[];
  /**
   * Requests per second that are let in on average; what is beyond gets a 429 from API Gateway, at no charge. So the
   * cost of a flood has a limit, see [costs](costs.md). The default lets 700,000 webhooks an hour through.
   * @default 200
   */
  throttleRateLimit: number;
  /**
   * Requests that are let in at once before `throttleRateLimit` counts. The default is two seconds' worth.
   * @default 400
   */
  throttleBurstLimit: number;
  /**
   * Concurrent executions kept for, and granted at most to, the function.
   * @default - it shares the account's
   */
  reservedConcurrency?: number;
  /**
   * How long logs are kept, in days. The default covers what is looked into a month later, and no more: the logs hold
   * message ids.
   * @default 30
   */
  logRetentionDays: RetentionDays;
  /**
   * Traces of the function in X-Ray, which samples one request a second and 5% of the rest. Worth turning off where
   * many requests come evenly: see [costs](costs.md).
   * @default true
   */
  tracing: boolean;
  /**
   * Encrypts queues, keyring and logs with a KMS key of your own account, which the stack makes and keeps. Without it
   * they are encrypted with keys that AWS owns, at no charge.
   * @default false
   */
  customerManagedKey: boolean;
  /**
   * Days that every event is kept in an [archive](archive.md) in S3, with the public keys that its signature can be
   * verified with; `0` for no archive. Fewer or more days later apply to what is there as well.
   * @default 0
   */
  archiveDays: number;
  /**
   * S3 Object Lock for the archive: nothing in it can be deleted or changed for `archiveDays`, with `governance` but by
   * those whom IAM allows it, with `compliance` by nobody at all.
   * @default off
   */
  archiveLock: 'off' | 'governance' | 'compliance';
  /**
   * SNS topic that is told when an alarm goes off and when it is over.
   * @default - the alarms are on the dashboard only
   */
  alarmTopicArn?: string;
  /**
   * Alarm after this many minutes without an accepted webhook; `0` for no such alarm. What is normal is yours to know,
   * hence no default.
   * @default 0
   */
  silenceAlarmMinutes: number;
  /**
   * Page that alarms link to, if you keep a runbook of your own. It needs a section for each alarm, as the default has.
   * @default - [operations](operations.md) of the version deployed
   */
  runbookUrl?: string;
}
