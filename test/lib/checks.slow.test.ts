import { describe, expect, test } from '@jest/globals';
import { AwsSolutionsChecks } from 'cdk-nag';
import { combinations } from './settings/combinations.ts';
import { idsOf, stackOf } from './support.ts';

describe.each(combinations)('with $name', ({ choices: chosen, context }) => {
  const has = (name: string) => chosen.some((choice) => choice.name === name);

  test('cdk-nag finds nothing', () => {
    expect(new AwsSolutionsChecks().validateScope(stackOf(context).app).violations).toEqual([]);
  });

  test('data outlives the stack, but not a first deployment that fails, under logical ids that stay', () => {
    const { json } = stackOf(context);
    const holders = Object.entries(json.Resources).filter(([, { DeletionPolicy }]) =>
      DeletionPolicy?.startsWith('Retain'),
    );
    const stateful = ['DeadLetterQueue', 'EventQueue', 'Keyring', 'OverflowBucket', ...(has('key') ? ['Key'] : [])];
    // The role with which API Gateway writes logs is the whole account's: without it the logs of other APIs would end.
    const [ofAccount, ours] = [true, false].map((wanted) =>
      holders.filter(([id]) => /^ReceiverRestApi(?:Account|CloudWatchRole)/.test(id) === wanted),
    );
    expect(ours?.map(([id]) => id).sort()).toEqual(stateful.sort());
    expect(new Set(ours?.map(([, { DeletionPolicy }]) => DeletionPolicy))).toEqual(new Set(['RetainExceptOnCreate']));
    expect(ofAccount?.every(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain')).toBe(true);
    expect(holders.every(([, { UpdateReplacePolicy }]) => UpdateReplacePolicy === 'Retain')).toBe(true);
    expect(idsOf(json, 'AWS::SQS::Queue')).toEqual(['DeadLetterQueue', 'EventQueue']);
    expect(idsOf(json, 'AWS::SecretsManager::Secret')).toEqual(['Keyring']);
    expect(idsOf(json, 'AWS::S3::Bucket')).toEqual(['OverflowBucket']);
    expect(idsOf(json, 'AWS::KMS::Key')).toEqual(has('key') ? ['Key'] : []);
  });
});

test.each([{}, { customerManagedKey: 'true', ordering: 'standard', archiveLock: 'compliance' }])(
  'cdk-nag finds nothing with rotation, reconciliation and archive, and %j',
  (context) => {
    const { app } = stackOf({ rotationDays: '30', reconcileMinutes: '15', archiveDays: '400', ...context });
    expect(new AwsSolutionsChecks().validateScope(app).violations).toEqual([]);
  },
);
