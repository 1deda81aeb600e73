import { Stack } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { BroughtResourceError } from '../brought-resource.ts';
import type { Archive } from './archive.ts';

/** A receiver, as far as its archive must fit it. */
interface Archived extends IConstruct {
  readonly archive: Archive | undefined;
  readonly keyring: ISecret;
  readonly overflowBucket: IBucket;
}

/** An archive of other keys and data could not verify what it keeps. @throws {BroughtResourceError} */
export function expectSameArchive({ node, archive, keyring, overflowBucket }: Archived): void {
  if (archive === undefined) return;
  const stack = Stack.of(archive);
  const text = (arn: string) => JSON.stringify(stack.resolve(arn));
  const isOther = (one: string, other: string) => one !== other && text(one) !== text(other);
  const otherKeyring = isOther(archive.keyring.secretArn, keyring.secretArn) && 'keyring';
  const problem =
    otherKeyring || (isOther(archive.overflowBucket.bucketArn, overflowBucket.bucketArn) && 'overflowBucket');
  if (!problem) return;
  throw new BroughtResourceError(
    `${archive.node.path} has another ${problem} than the receiver ${node.path}: give both the same ${problem}.`,
  );
}
