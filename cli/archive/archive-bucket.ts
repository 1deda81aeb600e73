import type { S3Client } from '@aws-sdk/client-s3';
import type { Command } from 'commander';
import { archiveEnvironment } from '../../lambda/archive-contract.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import { readOutputs } from '../connections.ts';
import { connectS3 } from '../places.ts';

export interface Archive {
  client: S3Client;
  bucket: string;
}

export interface ArchiveOptions {
  stack?: string;
  bucket?: string;
}

export function addArchiveOptions(command: Command): Command {
  return command
    .option('--stack <name>', 'the deployed stack whose archive to use')
    .option(
      '--bucket <name>',
      `the archive's bucket, even if its stack is gone (default: ${archiveEnvironment.bucket})`,
    );
}

/** @throws {Error} when nothing names an archive, or the stack has none */
export async function connectArchive({ stack, bucket }: ArchiveOptions): Promise<Archive> {
  const named = bucket ?? (stack === undefined ? process.env[archiveEnvironment.bucket] : await bucketOf(stack));
  if (!named) throw new Error(`No archive is named: give --stack or --bucket, or set ${archiveEnvironment.bucket}.`);
  return { client: connectS3(), bucket: named };
}

async function bucketOf(stack: string): Promise<string> {
  const bucket = (await readOutputs(stack)).get(outputs.archiveBucketName);
  if (bucket) return bucket;
  throw new Error(
    `Stack ${stack} has no output ${outputs.archiveBucketName}, so it has no archive: deploy it with -c archiveDays=…, or name the bucket with --bucket.`,
  );
}
