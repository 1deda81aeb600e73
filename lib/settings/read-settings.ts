import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Node } from 'constructs';
import { defaultTimestampToleranceSeconds } from '../../lambda/contract.ts';
import { problemOf } from '../front-door/allowed-ips.ts';
import { callbackPathShape, defaultCallbackPath, defaultThrottle } from '../front-door/front-door.ts';
import { createReader, invalid } from './context.ts';
import type { Settings } from './settings.ts';

/** Days that CloudWatch Logs can keep logs for. */
const retentionDays = Object.values(RetentionDays)
  .filter((days) => typeof days === 'number')
  .filter((days) => days !== RetentionDays.INFINITE);

/** The shape of a text, and what an error says of it after "it must be". */
const shapes = {
  stackName: [/^[A-Za-z][A-Za-z0-9-]{0,127}$/, 'at most 128 letters, digits and hyphens, beginning with a letter'],
  callbackPath: [callbackPathShape, 'a path such as /messagemedia, of letters, digits and . _ ~ -'],
  messagemediaBaseUrl: [
    /^(messagemedia|us|eu|au|https:\/\/[^\s?#@]+|http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?(\/[^\s?#@]*)?)$/,
    'messagemedia, us, eu, au, or an https URL (http only on the loopback)',
  ],
  domainName: [
    /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    'a domain name such as hooks.example.com, in lower case',
  ],
  certificateArn: [/^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/, 'the ARN of an ACM certificate'],
  hostedZoneId: [/^Z[A-Z0-9]{1,31}$/, 'the id of a Route 53 hosted zone, such as Z0123ABC'],
  webAclArn: [
    /^arn:aws[a-z-]*:wafv2:[a-z0-9-]+:\d{12}:regional\/webacl\/[\w-]+\/[\w-]+$/,
    'the ARN of a regional WAF web ACL',
  ],
  alarmTopicArn: [/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/, 'the ARN of a standard SNS topic'],
  runbookUrl: [/^https?:\/\/[^\s#]+$/, 'the URL of a page, without #'],
} satisfies Partial<Record<keyof Settings, [RegExp, string]>>;

/**
 * Reads and validates the settings.
 *
 * @throws {SettingError} naming every setting that is wrong, its value and what is allowed
 */
export function readSettings(node: Node): Settings {
  const read = createReader(node);
  const text = <F extends string | undefined>(name: keyof typeof shapes, fallback: F) =>
    read.text(name, ...shapes[name], fallback);
  const settings: Settings = {
    stackName: text('stackName', 'MessageMediaWebhooks'),
    callbackPath: text('callbackPath', defaultCallbackPath),
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
    messagemediaBaseUrl: text('messagemediaBaseUrl', 'messagemedia'),
    frontDoor: read.oneOf('frontDoor', ['http', 'rest']),
    domainName: text('domainName', undefined),
    certificateArn: text('certificateArn', undefined),
    hostedZoneId: text('hostedZoneId', undefined),
    webAclArn: text('webAclArn', undefined),
    allowedIps: read.addresses('allowedIps'),
    throttleRateLimit: read.wholeNumber('throttleRateLimit', 1, 100_000, defaultThrottle.rateLimit),
    throttleBurstLimit: read.wholeNumber('throttleBurstLimit', 1, 100_000, defaultThrottle.burstLimit),
    reservedConcurrency: read.wholeNumber('reservedConcurrency', 1, 100_000, undefined),
    logRetentionDays: read.oneOfNumbers('logRetentionDays', retentionDays, RetentionDays.ONE_MONTH),
    tracing: read.oneOf('tracing', ['true', 'false']) === 'true',
    customerManagedKey: read.oneOf('customerManagedKey', ['false', 'true']) === 'true',
    archiveDays: read.wholeNumber('archiveDays', 0, 36_500, 0),
    archiveLock: read.oneOf('archiveLock', ['off', 'governance', 'compliance']),
    alarmTopicArn: text('alarmTopicArn', undefined),
    silenceAlarmMinutes: read.wholeNumber('silenceAlarmMinutes', 0, 1_440, 0),
    runbookUrl: text('runbookUrl', undefined),
  };
  read.finish(Object.keys(settings), (wrong) => combinationProblems(settings, wrong));
  return settings;
}

const onlyRest = 'left out, or used with frontDoor=rest: an HTTP API has neither WAF nor an IP allow list';
const onlyDomain = 'left out, or used with domainName';

/** What is wrong with settings that exclude each other. @param wrong names of the settings that are wrong in themselves */
function combinationProblems(settings: Settings, wrong: ReadonlySet<string>): string[] {
  const { reconcileMinutes, frontDoor, domainName, certificateArn } = settings;
  const isGiven = (name: keyof Settings) => settings[name] !== undefined;
  const [isRest, isPlain] = [frontDoor === 'rest', domainName === undefined];
  const few = '0 for none, or 5 to 1440: a run may take 5 minutes';
  const noTilde = 'without ~, or used with frontDoor=http: a REST API does not take ~';
  const needed = 'used with certificateArn, the ARN of its ACM certificate';
  /** A rule holds unless a setting that decides it is wrong: a wrong value reads as the default, from which nothing follows. */
  const rules: [isBroken: boolean, name: keyof Settings, allowed: string, ...deciding: (keyof Settings)[]][] = [
    [reconcileMinutes > 0 && reconcileMinutes < 5, 'reconcileMinutes', few],
    [
      settings.reconcileConfirm && reconcileMinutes === 0,
      'reconcileConfirm',
      'left out, or used with reconcileMinutes',
      'reconcileMinutes',
    ],
    [isRest && settings.callbackPath.includes('~'), 'callbackPath', noTilde, 'frontDoor'],
    [!isRest && isGiven('webAclArn'), 'webAclArn', onlyRest, 'frontDoor'],
    [!isRest && isGiven('allowedIps'), 'allowedIps', onlyRest, 'frontDoor'],
    [isPlain && isGiven('certificateArn'), 'certificateArn', onlyDomain, 'domainName', 'certificateArn'],
    [isPlain && isGiven('hostedZoneId'), 'hostedZoneId', onlyDomain, 'domainName', 'certificateArn'],
    [!isPlain && certificateArn === undefined, 'domainName', needed, 'domainName', 'certificateArn'],
    [
      settings.archiveLock !== 'off' && settings.archiveDays === 0,
      'archiveLock',
      'left out, or used with archiveDays',
      'archiveDays',
    ],
  ];
  const ips = settings.allowedIps && problemOf(settings.allowedIps);
  const broken = rules
    .filter(([isBroken, , , ...deciding]) => isBroken && !deciding.some((name) => wrong.has(name)))
    .map(([, name, allowed]) => invalid(name, settings[name], allowed));
  return ips ? [...broken, `Setting allowedIps is too long: ${ips}`] : broken;
}
