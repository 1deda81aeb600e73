import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from '@jest/globals';
import { idOf, stackOf, type TemplateJson } from '../lib/support.ts';

let json: TemplateJson;
beforeAll(() => {
  ({ json } = stackOf({ customerManagedKey: 'true' }));
});

const bucket = () => json.Resources.OverflowBucket?.Properties ?? {};

/** The JSON that the runbook passes to a command about the bucket for large events. */
function given(command: string) {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const [, text = ''] =
    new RegExp(`^aws s3api ${command} --bucket "\\$OVERFLOW_BUCKET" \\S+ '(.*?\\})'(?: +#.*)?$`, 'ms').exec(page) ?? [];
  return JSON.parse(text.replaceAll(/'"\$(\w+)"'/g, '$1'));
}

test('a bucket that the runbook makes has the lifecycle of the one that the stack makes', () => {
  const { Rules } = bucket().LifecycleConfiguration as { Rules: Record<string, unknown>[] };
  const rules: Record<string, unknown>[] = given('put-bucket-lifecycle-configuration').Rules;
  const asInTemplate = rules.map(({ ID: _id, Filter, Expiration, ...rule }) => ({
    ...rule,
    ...((Filter as { Prefix: string }).Prefix !== '' && (Filter as { Prefix: string })),
    ExpirationInDays: (Expiration as { Days: number }).Days,
  }));
  expect(asInTemplate).toEqual(Rules);
});

test('a bucket that the runbook makes has the policy of the one that the stack makes', () => {
  const policy = json.Resources[idOf(json, 'AWS::S3::BucketPolicy', /^Overflow/)]?.Properties.PolicyDocument;
  const arn = { 'Fn::GetAtt': ['OverflowBucket', 'Arn'] };
  const text = JSON.stringify(policy)
    .replaceAll(JSON.stringify({ 'Fn::Join': ['', [arn, '/*']] }), '"arn:aws:s3:::OVERFLOW_BUCKET/*"')
    .replaceAll(JSON.stringify(arn), '"arn:aws:s3:::OVERFLOW_BUCKET"')
    .replaceAll('{"AWS":"*"}', '"*"');
  expect(given('put-bucket-policy')).toEqual(JSON.parse(text));
});

test('a bucket that the runbook makes is encrypted as the one that the stack makes', () => {
  const encryption = bucket().BucketEncryption as {
    ServerSideEncryptionConfiguration: { BucketKeyEnabled: boolean; ServerSideEncryptionByDefault: object }[];
  };
  const [rule] = encryption.ServerSideEncryptionConfiguration;
  const [{ BucketKeyEnabled, ApplyServerSideEncryptionByDefault: byDefault }] = given('put-bucket-encryption').Rules;
  expect({
    BucketKeyEnabled,
    ServerSideEncryptionByDefault: { ...byDefault, KMSMasterKeyID: expect.anything() },
  }).toEqual(rule);
});
