import * as cdk from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Tells tools such as cdk-nag why their rules do not hold for a construct. Older versions of the CDK have no place for it. */
export function acknowledge(construct: IConstruct, ...rules: { id: string; reason: string }[]): void {
  const { Validations }: Partial<typeof cdk> = cdk;
  Validations?.of(construct).acknowledge(...rules);
}
