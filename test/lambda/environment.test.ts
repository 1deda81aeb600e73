import { describe, expect, test } from '@jest/globals';
import {
  readArchiveEnvironment,
  readEnvironment,
  readReconciliationEnvironment,
  readRotationEnvironment,
} from '../../lambda/environment.ts';

const archiveStreams = 'delivery_report=d,reply=r,opt_out=o,webhook=w';
const receiver = { QUEUE_URL: 'https://sqs/q', KEYRING_SECRET_ID: 'k' };
const archive = { ARCHIVE_BUCKET: 'a', OVERFLOW_BUCKET: 'b', KEYRING_SECRET_ID: 'k' };
const rotation = { API_CREDENTIALS_SECRET_ID: 'c', MESSAGEMEDIA_BASE_URL: 'https://api', SIGNATURE_DIGEST: 'SHA512' };
const { SIGNATURE_DIGEST: _digest, ...api } = rotation;
const reconciliation = {
  ...api,
  QUEUE_URL: 'https://sqs/q',
  KEYRING_SECRET_ID: 'k',
  RECONCILE_LOG_GROUPS: 'one,two',
  RECONCILE_LOG_DAYS: '30',
  RECONCILE_STACK: 'S',
};

describe('the receiver', () => {
  test('needs a queue and a keyring, and all else has a default', () => {
    expect(readEnvironment(receiver)).toStrictEqual({
      queueUrl: 'https://sqs/q',
      keyringSecretId: 'k',
      timestampToleranceSeconds: 86_400,
      overflowBucket: undefined,
      hasOwnS3Endpoint: false,
      archive: undefined,
    });
  });

  test.each([
    [{ AWS_ENDPOINT_URL_S3: 'http://localhost' }, { hasOwnS3Endpoint: true }],
    [{ AWS_ENDPOINT_URL: 'http://localhost' }, { hasOwnS3Endpoint: true }],
    [{ AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_S3: '' }, { hasOwnS3Endpoint: false }],
    [
      { OVERFLOW_BUCKET: 'b', ARCHIVE_STREAMS: '' },
      { overflowBucket: 'b', archive: undefined },
    ],
    [{ TIMESTAMP_TOLERANCE_SECONDS: '' }, { timestampToleranceSeconds: 86_400 }],
    [{ TIMESTAMP_TOLERANCE_SECONDS: '0' }, { timestampToleranceSeconds: 0 }],
    [{ TIMESTAMP_TOLERANCE_SECONDS: '999999999' }, { timestampToleranceSeconds: 999_999_999 }],
  ])('with %j has %j', (variables, expected) => {
    expect(readEnvironment({ ...receiver, ...variables })).toMatchObject(expected);
  });

  test.each(['-1', '1.5', '1s', ' 1', '1e3', '1000000000', 'no'])('takes no other age: "%s"', (value) => {
    expect(() => readEnvironment({ ...receiver, TIMESTAMP_TOLERANCE_SECONDS: value })).toThrow(
      `Environment variable TIMESTAMP_TOLERANCE_SECONDS is "${value}": give whole seconds, 0 for no check`,
    );
  });

  test('archives if it is told the stream of each type, and a queue', () => {
    const variables = { ...receiver, ARCHIVE_STREAMS: archiveStreams, ARCHIVE_QUEUE_URL: 'https://sqs/a' };
    const { archive: settings } = readEnvironment(variables);
    expect(settings?.queueUrl).toBe('https://sqs/a');
    expect([...(settings?.streams ?? [])].map((entry) => entry.join('='))).toEqual(archiveStreams.split(','));
    expect(() => readEnvironment({ ...variables, ARCHIVE_QUEUE_URL: '' })).toThrow(
      'Environment variable ARCHIVE_QUEUE_URL is not set',
    );
    for (const streams of ['delivery_report=d,reply=r,opt_out=o', archiveStreams.slice(0, -1)]) {
      expect(() => readEnvironment({ ...variables, ARCHIVE_STREAMS: streams })).toThrow(
        'Environment variable ARCHIVE_STREAMS has no webhook=<name>',
      );
    }
  });
});

test('rotation reads its credentials, the API and the digest', () => {
  expect(readRotationEnvironment({ ...rotation, SIGNATURE_DIGEST: 'sha-256' })).toStrictEqual({
    apiCredentialsSecretId: 'c',
    baseUrl: 'https://api',
    digest: 'SHA256',
  });
  expect(() => readRotationEnvironment({ ...rotation, SIGNATURE_DIGEST: 'MD5' })).toThrow(
    'Environment variable SIGNATURE_DIGEST must be SHA224, SHA256 or SHA512',
  );
});

test('reconciliation reads the queue, the API, the log groups, and whether to confirm', () => {
  expect(readReconciliationEnvironment(reconciliation)).toMatchObject({
    queueUrl: 'https://sqs/q',
    keyringSecretId: 'k',
    apiCredentialsSecretId: 'c',
    baseUrl: 'https://api',
    confirm: false,
    logGroups: ['one', 'two'],
    logDays: 30,
    stack: 'S',
  });
  expect(readReconciliationEnvironment({ ...reconciliation, RECONCILE_CONFIRM: 'true' }).confirm).toBe(true);
  expect(readReconciliationEnvironment({ ...reconciliation, RECONCILE_CONFIRM: 'yes' }).confirm).toBe(false);
});

test('the archive function reads its buckets and the keyring', () => {
  expect(readArchiveEnvironment({ ...archive, AWS_ENDPOINT_URL: 'http://localhost' })).toStrictEqual({
    bucket: 'a',
    overflowBucket: 'b',
    hasOwnS3Endpoint: true,
    keyringSecretId: 'k',
  });
});

test.each<[(variables: NodeJS.ProcessEnv) => unknown, Record<string, string>]>([
  [readEnvironment, receiver],
  [readRotationEnvironment, rotation],
  [readReconciliationEnvironment, reconciliation],
  [readArchiveEnvironment, archive],
])('a variable that is not set, or empty, is named', (read, variables) => {
  for (const name of Object.keys(variables)) {
    const message = `Environment variable ${name} is not set`;
    expect(() => read({ ...variables, [name]: undefined })).toThrow(message);
    expect(() => read({ ...variables, [name]: '' })).toThrow(message);
  }
});
