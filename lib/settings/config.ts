import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Node } from 'constructs';
import { defaultTimestampToleranceSeconds } from '../../lambda/contract.ts';
import { callbackPathShape, defaultCallbackPath, defaultThrottle } from '../front-door/front-door.ts';
import { createReader } from './context.ts';
import { combinationProblems } from './setting-combinations.ts';
import type { Settings } from './settings.ts';

/** Days that CloudWatch Logs can keep logs for. */
const retentionDays = Object.values(RetentionDays)
  .filter((days) => typeof days === 'number')
  .filter((days) => days !== RetentionDays.INFINITE);

/**
 * Reads and validates the settings.
 *
 * @throws {SettingError} naming every setting that is wrong, its value and what is allowed
 */
export function readSettings(node: Node): Settings {
  const read = createReader(node);
  const settings: Settings = {
    stackName: read.text(
      'stackName',
      /^[A-Za-z][A-Za-z0-9-]{0,127}$/,
      'at most 128 letters, digits and hyphens, beginning with a letter',
      'MessageMediaWebhooks',
    ),
    callbackPath: read.text(
      'callbackPath',
      callbackPathShape,
      'a path such as /messagemedia, of letters, digits and . _ ~ -',
      defaultCallbackPath,
    ),
    ordering: read.oneOf('ordering', ['fifo', 'standard']),
    timestampToleranceSeconds: read.wholeNumber(
      'timestampToleranceSeconds',
      0,
      3_888_000,
      defaultTimestampToleranceSeconds,
    ),
    rotationDays: read.wholeNumber('rotationDays', 0, 1000, 0),
    reconcileMinutes: read.wholeNumber('reconcileMinutes', 0, 1_440, 0),
    reconcileConfirm: read.oneOf('reconcileConfirm', ['false', 'true']) === 'true',
    messagemediaBaseUrl: read.text(
      'messagemediaBaseUrl',
      /^(messagemedia|us|eu|au|https:\/\/[^\s?#@]+|http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?(\/[^\s?#@]*)?)$/,
      'messagemedia, us, eu, au, or an https URL (http only on the loopback)',
      'messagemedia',
    ),
    frontDoor: read.oneOf('frontDoor', ['http', 'rest']),
    domainName: read.text(
      'domainName',
      /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
      'a domain name such as hooks.example.com, in lower case',
    ),
    certificateArn: read.text(
      'certificateArn',
      /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/,
      'the ARN of an ACM certificate',
    ),
    hostedZoneId: read.text('hostedZoneId', /^Z[A-Z0-9]{1,31}$/, 'the id of a Route 53 hosted zone, such as Z0123ABC'),
    webAclArn: read.text(
      'webAclArn',
      /^arn:aws[a-z-]*:wafv2:[a-z0-9-]+:\d{12}:regional\/webacl\/[\w-]+\/[\w-]+$/,
      'the ARN of a regional WAF web ACL',
    ),
    allowedIps: read.addresses('allowedIps'),
    throttleRateLimit: read.wholeNumber('throttleRateLimit', 1, 100_000, defaultThrottle.rateLimit),
    throttleBurstLimit: read.wholeNumber('throttleBurstLimit', 1, 100_000, defaultThrottle.burstLimit),
    reservedConcurrency: read.wholeNumber('reservedConcurrency', 1, 100_000),
    logRetentionDays: read.oneOfNumbers('logRetentionDays', retentionDays, RetentionDays.ONE_MONTH),
    tracing: read.oneOf('tracing', ['true', 'false']) === 'true',
    customerManagedKey: read.oneOf('customerManagedKey', ['false', 'true']) === 'true',
    archiveDays: read.wholeNumber('archiveDays', 0, 36_500, 0),
    archiveLock: read.oneOf('archiveLock', ['off', 'governance', 'compliance']),
    alarmTopicArn: read.text(
      'alarmTopicArn',
      /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/,
      'the ARN of a standard SNS topic',
    ),
    silenceAlarmMinutes: read.wholeNumber('silenceAlarmMinutes', 0, 1_440, 0),
    runbookUrl: read.text('runbookUrl', /^https?:\/\/[^\s#]+$/, 'the URL of a page, without #'),
  };
  read.finish(Object.keys(settings), (wrong) => combinationProblems(settings, wrong));
  return settings;
}
