import { S3Client } from '@aws-sdk/client-s3';
import { hasOwnS3Endpoint } from '../lambda/environment.ts';
import { namePlace } from './aws.ts';

/** A client that is configured like every AWS tool. */
export function connectS3(): S3Client {
  return namePlace(new S3Client({ forcePathStyle: hasOwnS3Endpoint(process.env) }));
}
