import { archiveEnvironment } from './archive-contract.ts';
import {
  defaultTimestampToleranceSeconds,
  environment,
  reconciliationEnvironment,
  rotationEnvironment,
} from './contract.ts';
import { eventKinds } from './event/kinds.ts';
import { parseDigest } from './signature.ts';

/*
 * Each function's environment, whose variables the contracts explain. What reads it throws an error that names the variable
 * which is missing or wrong.
 */

/** Settings of the receiver. */
export function readEnvironment(variables: NodeJS.ProcessEnv) {
  return {
    ...readQueue(variables),
    /** How old a signed `Date` may be; `0` turns the check off. */
    timestampToleranceSeconds: readTolerance(variables[environment.timestampToleranceSeconds]),
    mappingKey: variables[environment.mappingKey] || undefined,
  };
}

/** Settings of reconciliation. */
export function readReconciliationEnvironment(variables: NodeJS.ProcessEnv) {
  return {
    ...readQueue(variables),
    apiCredentialsSecretId: required(variables, rotationEnvironment.apiCredentialsSecretId),
    baseUrl: required(variables, rotationEnvironment.baseUrl),
    confirm: variables[reconciliationEnvironment.confirm] === 'true',
    logGroups: required(variables, reconciliationEnvironment.logGroups).split(','),
    logDays: Number(required(variables, reconciliationEnvironment.logDays)),
    stack: required(variables, reconciliationEnvironment.stack),
  };
}

/** Settings of rotation. */
export function readRotationEnvironment(variables: NodeJS.ProcessEnv) {
  const digest = parseDigest(required(variables, rotationEnvironment.digest));
  if (digest === undefined)
    throw new Error(`Environment variable ${rotationEnvironment.digest} must be SHA224, SHA256 or SHA512`);
  return {
    apiCredentialsSecretId: required(variables, rotationEnvironment.apiCredentialsSecretId),
    baseUrl: required(variables, rotationEnvironment.baseUrl),
    digest,
  };
}

/** The secret that the rotation function checks daily. Its other events name it themselves. */
export function readRotatedSecret(variables: NodeJS.ProcessEnv): string {
  return required(variables, environment.keyringSecretId);
}

/** Settings of the archive function. */
export function readArchiveEnvironment(variables: NodeJS.ProcessEnv) {
  return {
    bucket: required(variables, archiveEnvironment.bucket),
    overflowBucket: required(variables, environment.overflowBucket),
    hasOwnS3Endpoint: hasOwnS3Endpoint(variables),
    keyringSecretId: required(variables, environment.keyringSecretId),
  };
}

/** Settings of whatever puts events on the queue. */
function readQueue(variables: NodeJS.ProcessEnv) {
  return {
    queueUrl: required(variables, environment.queueUrl),
    keyringSecretId: required(variables, environment.keyringSecretId),
    overflowBucket: variables[environment.overflowBucket] || undefined,
    hasOwnS3Endpoint: hasOwnS3Endpoint(variables),
    /** Without it nothing is archived. */
    archive: readArchive(variables),
  };
}

/** Whether S3 has a custom endpoint, which may not support buckets as host names: then the bucket is in the path. */
export function hasOwnS3Endpoint(variables: NodeJS.ProcessEnv): boolean {
  return Boolean(variables.AWS_ENDPOINT_URL_S3 || variables.AWS_ENDPOINT_URL);
}

/** Where events are archived. */
export interface ArchiveSettings {
  /** Names of Firehose streams, by type as `archiveTypeOf` has it. */
  streams: ReadonlyMap<string, string>;
  /** Gets what a stream does not take. */
  queueUrl: string;
}

function readArchive(variables: NodeJS.ProcessEnv): ArchiveSettings | undefined {
  const value = variables[archiveEnvironment.streams];
  if (!value) return undefined;
  const streams = new Map(value.split(',').map((entry) => entry.split('=') as [string, string]));
  for (const { inArchive } of Object.values(eventKinds)) {
    if (!streams.get(inArchive))
      throw new Error(`Environment variable ${archiveEnvironment.streams} has no ${inArchive}=<name>`);
  }
  return { streams, queueUrl: required(variables, archiveEnvironment.queueUrl) };
}

function required(variables: NodeJS.ProcessEnv, name: string): string {
  const value = variables[name];
  if (!value) throw new Error(`Environment variable ${name} is not set`);
  return value;
}

function readTolerance(value: string | undefined): number {
  if (value === undefined || value === '') return defaultTimestampToleranceSeconds;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const name = environment.timestampToleranceSeconds;
  throw new Error(`Environment variable ${name} is "${value}": give whole seconds, 0 for no check`);
}
