import { describe, expect, test } from '@jest/globals';
import { AwsSolutionsChecks } from 'cdk-nag';
import { combinations } from './settings/combinations.ts';
import { idsOf, stackOf } from './support.ts';

describe.each(combinations)('with $name', ({ choices: chosen, context }) => {
  const has = (name: string) => chosen.some((choice) => choice.name === name);

  test('cdk-nag finds nothing', () => {
    expect(new AwsSolutionsChecks().validateScope(stackOf(context).app).violations).toEqual([]);
  });

  test('data outlives the stack, under logical ids that stay', () => {
    const { json } = stackOf(context);
    const holders = Object.entries(json.Resources).filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain');
    const stateful = ['DeadLetterQueue', 'EventQueue', 'Keyring', 'OverflowBucket', ...(has('key') ? ['Key'] : [])];
    expect(
      holders
        .map(([id]) => id)
        .filter((id) => !/^ReceiverRestApi(?:Account|CloudWatchRole)/.test(id))
        .sort(),
    ).toEqual(stateful.sort());
    expect(holders.every(([, { UpdateReplacePolicy }]) => UpdateReplacePolicy === 'Retain')).toBe(true);
    expect(idsOf(json, 'AWS::SQS::Queue')).toEqual(['DeadLetterQueue', 'EventQueue']);
    expect(idsOf(json, 'AWS::SecretsManager::Secret')).toEqual(['Keyring']);
    expect(idsOf(json, 'AWS::S3::Bucket')).toEqual(['OverflowBucket']);
    expect(idsOf(json, 'AWS::KMS::Key')).toEqual(has('key') ? ['Key'] : []);
  });
});
