import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../../lib/settings/read-settings.ts';
import { type Context, createApp, samples } from '../support.ts';

const settingsOf = (context: Context = {}) => readSettings(createApp(context).node);
const rest = { frontDoor: 'rest' };

test('every setting has a default', () => {
  expect(settingsOf()).toEqual({
    stackName: 'MessageMediaWebhooks',
    callbackPath: '/messagemedia',
    ordering: 'fifo',
    timestampToleranceSeconds: 86_400,
    rotationDays: 0,
    reconcileMinutes: 0,
    reconcileConfirm: false,
    messagemediaBaseUrl: 'messagemedia',
    frontDoor: 'http',
    throttleRateLimit: 200,
    throttleBurstLimit: 400,
    logRetentionDays: 30,
    tracing: true,
    customerManagedKey: false,
    archiveDays: 0,
    archiveLock: 'off',
    silenceAlarmMinutes: 0,
  });
});

test('a setting in cdk.json may be any JSON', () => {
  const context = {
    ...rest,
    throttleRateLimit: 5,
    customerManagedKey: true,
    allowedIps: ['203.0.113.7', '2001:db8::/32'],
  };
  expect(settingsOf(context)).toMatchObject(context);
});

test.each([
  'messagemedia',
  'https://example.com/api',
  'http://127.0.0.1:8080',
  'http://localhost:1/x',
  'http://[::1]:80',
])('MessageMedia can be at %s', (messagemediaBaseUrl) => {
  expect(settingsOf({ messagemediaBaseUrl })).toMatchObject({ messagemediaBaseUrl });
});

describe('a wrong value stops the synthesis and says what is allowed:', () => {
  test.each([
    ['stackName', '1st', 'at most 128 letters'],
    ['runbookUrl', 'wiki/alarms', 'the URL of a page'],
    ['runbookUrl', 'https://wiki/alarms#x', 'the URL of a page'],
    ['ordering', 'random', 'fifo or standard'],
    ['callbackPath', 'messagemedia', 'a path such as'],
    ['callbackPath', '/', 'a path such as'],
    ['callbackPath', '/caf%C3%A9', 'a path such as'],
    ['callbackPath', '/a b', 'a path such as'],
    ['callbackPath', '/{proxy+}', 'a path such as'],
    ['callbackPath', '/a/../b', 'a path such as'],
    ['timestampToleranceSeconds', '-1', 'a whole number from 0 to 3888000'],
    ['timestampToleranceSeconds', '15 minutes', 'a whole number'],
    ['timestampToleranceSeconds', '3888001', 'a whole number'],
    ['rotationDays', '1001', 'a whole number from 0 to 1000'],
    ['reconcileMinutes', '1441', 'a whole number from 0 to 1440'],
    ['reconcileMinutes', '4', '0 for none, or 5 to 1440'],
    ['reconcileConfirm', 'yes', 'false or true'],
    ['archiveDays', '36501', 'a whole number from 0 to 36500'],
    ['archiveLock', 'legal-hold', 'off or governance or compliance'],
    ['messagemediaBaseUrl', 'uk', 'messagemedia, us, eu, au'],
    ['messagemediaBaseUrl', 'http://api.messagemedia.com', 'messagemedia, us, eu, au'],
    ['messagemediaBaseUrl', 'http://localhost.example.com', 'messagemedia, us, eu, au'],
    ['messagemediaBaseUrl', 'http://127.0.0.1@example.com', 'messagemedia, us, eu, au'],
    ['messagemediaBaseUrl', 'http://127.0.0.1.example.com:80', 'messagemedia, us, eu, au'],
    ['frontDoor', 'alb', 'http or rest'],
    ['domainName', 'Hooks.example.com', 'a domain name such as'],
    ['domainName', 'https://hooks.example.com', 'a domain name such as'],
    ['domainName', 'hooks', 'a domain name such as'],
    ['certificateArn', 'arn:aws:acm:us-east-1:123456789012:key/1', 'the ARN of an ACM certificate'],
    ['hostedZoneId', 'example.com', 'the id of a Route 53 hosted zone'],
    ['webAclArn', 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b', 'the ARN of a regional WAF web ACL'],
    ['allowedIps', '', 'IP addresses or CIDR ranges'],
    ['allowedIps', '203.0.113.0/33', 'IP addresses or CIDR ranges'],
    ['allowedIps', '203.0.113.0/24,example.com', 'IP addresses or CIDR ranges'],
    ['allowedIps', '2001:db8::/129', 'IP addresses or CIDR ranges'],
    ['throttleRateLimit', '0', 'a whole number from 1 to 100000'],
    ['throttleBurstLimit', '1.5', 'a whole number from 1 to 100000'],
    ['reservedConcurrency', '0', 'a whole number from 1 to 100000'],
    ['logRetentionDays', '31', 'one of 1, 3, 5, 7, 14, 30'],
    ['logRetentionDays', '9999', 'one of 1, 3, 5, 7, 14, 30'],
    ['tracing', 'yes', 'true or false'],
    ['customerManagedKey', 'yes', 'false or true'],
    ['alarmTopicArn', 'somebody@example.com', 'the ARN of a standard SNS topic'],
    ['alarmTopicArn', 'arn:aws:sns:us-east-1:123456789012:on-call.fifo', 'the ARN of a standard SNS topic'],
    ['silenceAlarmMinutes', '1441', 'a whole number from 0 to 1440'],
  ])('%s=%s', (name, value, allowed) => {
    expect(() => settingsOf({ [name]: value })).toThrow(`Setting ${name} is "${value}": it must be ${allowed}`);
  });
});

describe('settings that do not go together stop the synthesis:', () => {
  test.each<[string, Context, string]>([
    ['webAclArn', samples.webAcl, 'left out, or used with frontDoor=rest'],
    ['allowedIps', samples.allowedIps, 'left out, or used with frontDoor=rest'],
    ['certificateArn', { certificateArn: samples.domain.certificateArn }, 'left out, or used with domainName'],
    ['hostedZoneId', samples.hostedZone, 'left out, or used with domainName'],
    ['domainName', { domainName: 'hooks.example.com' }, 'used with certificateArn'],
    ['reconcileConfirm', { reconcileConfirm: 'true' }, 'left out, or used with reconcileMinutes'],
    ['archiveLock', { archiveLock: 'governance' }, 'left out, or used with archiveDays'],
    ['callbackPath', { ...rest, callbackPath: '/a~b' }, 'without ~, or used with frontDoor=http'],
  ])('%s of %j', (name, context, allowed) => {
    expect(() => settingsOf(context)).toThrow(`Setting ${name} is "${context[name]}": it must be ${allowed}`);
  });
});

test.each([
  [400, undefined],
  [
    500,
    /^Setting allowedIps is too long: 500 addresses make a policy of \d{4} characters, and API Gateway takes 8192: /,
  ],
])('an IP allow list of %d ranges is taken, or refused as AWS would', (length, problem) => {
  const allowedIps = Array.from(
    { length },
    (_, index) => `203.0.${100 + (index % 100)}.${100 + (index % 100)}/32`,
  ).join();
  const read = () => settingsOf({ ...rest, allowedIps });
  if (problem) expect(read).toThrow(problem);
  else expect(read().allowedIps).toHaveLength(length);
});

test.each(['frontdoor', 'alarmTopic', 'order'])('a name that is no setting stops the synthesis: %s', (name) => {
  expect(() => settingsOf({ [name]: 'x' })).toThrow(
    `There is no setting ${name}: the settings are stackName, callbackPath,`,
  );
});

test('every problem is told at once', () => {
  expect(() => settingsOf({ ordering: 'random', tracing: 'yes', order: 'x', frontdoor: 'rest' })).toThrow(
    /^Setting ordering is .*\nSetting tracing is .*\nThere is no setting order: .*\nThere is no setting frontdoor: /,
  );
  expect(() => settingsOf({ ...samples.webAcl, ...samples.hostedZone })).toThrow(/webAclArn.*\n.*hostedZoneId/);
  expect(() => settingsOf({ ordering: 'random', order: 'x', ...samples.webAcl })).toThrow(
    /^Setting ordering is .*\nSetting webAclArn is .*\nThere is no setting order: .*$/,
  );
});

test.each<Context>([
  { frontDoor: 'alb', ...samples.webAcl },
  { ...samples.domain, domainName: 'Hooks' },
  { ...samples.domain, certificateArn: 'arn' },
  { reconcileMinutes: 'five', reconcileConfirm: 'true' },
])('nothing follows from a wrong value: %j', (context) => {
  expect(() => settingsOf(context)).toThrow(/^Setting .*$/);
});
