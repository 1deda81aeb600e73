import type { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** Everything that can be chosen at `cdk deploy`, each as `-c name=value`. */
export interface Settings {
  /**
   * Name of the stack. Use one stack for each account of MessageMedia, or [several accounts in
   * one](keys.md#several-accounts).
   * @default MessageMediaWebhooks
   */
  stackName: string;
  /**
   * Path that takes webhooks, of letters, digits and `. _ ~ -`: it is signed, and no front door rewrites these.
   * @default /messagemedia
   */
  callbackPath: string;
  /**
   * `fifo` keeps the events of one message in order and drops repetitions for five minutes. `standard` does neither, and
   * has no limit on throughput.
   * @default fifo
   */
  ordering: 'fifo' | 'standard';
  /**
   * How old the signed `Date` may be, in seconds. It may be at most 15 minutes in the future. `0` turns both checks
   * off. Retries may be hours late, perhaps with their first signature.
   * @default 86400
   */
  timestampToleranceSeconds: number;
  /**
   * Days from one [rotation of the signature key](keys.md#rotation-on-a-schedule) to the next; with `0` you rotate by
   * hand. It needs credentials of MessageMedia's API.
   * @default 0
   */
  rotationDays: number;
  /**
   * Minutes from one [reconciliation](webhooks.md#lost-webhooks) to the next, 5 to 1440; `0` for none. It needs the
   * same credentials.
   * @default 0
   */
  reconcileMinutes: number;
  /**
   * Lets reconciliation confirm queued events at MessageMedia. Then nobody else gets them by polling. Without it, a
   * list of 100 hides newer events.
   * @default false
   */
  reconcileConfirm: boolean;
  /**
   * MessageMedia's API, for rotation and reconciliation: `messagemedia`, or the account's region `us`, `eu` or `au`, or
   * an https URL.
   * @default messagemedia
   */
  messagemediaBaseUrl: string;
  /**
   * `http` is an HTTP API, `rest` a REST API, which AWS WAF and an IP allow list need: see [below](#front-doors).
   * @default http
   */
  frontDoor: 'http' | 'rest';
  /**
   * Your own domain name for the callback URL, which then stays the same when the front door changes.
   * @default - the name that API Gateway gives
   */
  domainName?: string;
  /**
   * ACM certificate for `domainName`, in the region of the stack.
   * @default - none; required with `domainName`
   */
  certificateArn?: string;
  /**
   * Route 53 hosted zone that gets an alias record for `domainName`.
   * @default - no record is made: point your own at the output `DomainTarget`
   */
  hostedZoneId?: string;
  /**
   * Regional AWS WAF web ACL in front of the REST API.
   * @default - none
   */
  webAclArn?: string;
  /**
   * IP addresses and CIDR ranges that may call the REST API, about 400 of IPv4; every other caller gets a 403.
   * @default - anybody may call; unsigned requests are refused
   */
  allowedIps?: string[];
  /**
   * Requests per second that are let in on average, 720,000 an hour by default. Further requests get a 429.
   * @default 200
   */
  throttleRateLimit: number;
  /**
   * Requests that are let in at once before `throttleRateLimit` counts. For both, AWS refuses more than the
   * [quotas](costs.md#limits) of the account.
   * @default 400
   */
  throttleBurstLimit: number;
  /**
   * Concurrent executions that are reserved for the function, and its limit. AWS wants 100 of the account to stay
   * unreserved.
   * @default - it shares the account's
   */
  reservedConcurrency?: number;
  /**
   * How long logs are kept, in days. They hold message ids.
   * @default 30
   */
  logRetentionDays: RetentionDays;
  /**
   * Traces of the function in X-Ray: see [costs](costs.md).
   * @default true
   */
  tracing: boolean;
  /**
   * Encrypts queues, buckets, secrets and logs with a KMS key of your account, which the stack creates and keeps.
   * @default false
   */
  customerManagedKey: boolean;
  /**
   * Days that every event is kept in an [archive](archive.md) in S3; `0` for no archive.
   * @default 0
   */
  archiveDays: number;
  /**
   * S3 Object Lock: for `archiveDays` nobody can delete or change anything in the [archive](archive.md#object-lock).
   * With `governance`, those whom IAM allows it still can.
   * @default off
   */
  archiveLock: 'off' | 'governance' | 'compliance';
  /**
   * SNS topic that is notified when an alarm goes off and when it ends.
   * @default - the alarms are on the dashboard only
   */
  alarmTopicArn?: string;
  /**
   * Alarm after this many minutes without an accepted webhook; `0` for no such alarm.
   * @default 0
   */
  silenceAlarmMinutes: number;
  /**
   * Page that alarms link to, if you have a runbook of your own, with a section for each alarm.
   * @default - [operations](operations.md) of the version deployed
   */
  runbookUrl?: string;
}
