import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { hasOwnS3Endpoint } from '../lambda/environment.ts';
import { watched } from './aws.ts';

/**
 * A client for queues, in the region of a queue's URL. Its endpoint is the region's or that of the environment, as for every
 * AWS tool, never the host in the URL.
 */
export function connectSqs(queueUrl: string, options: { maxAttempts?: number } = {}): SQSClient {
  return watched(new SQSClient({ useQueueUrlAsEndpoint: false, ...regionOf(queueUrl), ...options }));
}

/** A client for secrets, in the region of a secret's ARN, or of the environment for a name. */
export function connectSecrets(secretId: string): SecretsManagerClient {
  return watched(new SecretsManagerClient(regionOf(secretId)));
}

/** The region that an ARN or the URL of a queue names; nothing for a name, or for a URL that is not AWS's. */
export function regionOf(text: string): { region?: string } {
  const ofArn = /^arn:[^:]+:[^:]+:([a-z0-9-]+):/.exec(text);
  const ofUrl =
    /^https:\/\/(?:sqs(?:-fips)?\.)?([a-z]+-[a-z0-9-]+)\.(?:queue\.)?(?:amazonaws\.com|api\.aws)(?:\.cn)?\//.exec(text);
  const region = (ofArn ?? ofUrl)?.[1];
  return region === undefined ? {} : { region };
}

/** A client that is configured like every AWS tool. */
export function connectS3(): S3Client {
  return watched(new S3Client({ forcePathStyle: hasOwnS3Endpoint(process.env) }));
}
