import { archiveEnvironment } from './archive-contract.ts';
import {
  defaultTimestampToleranceSeconds,
  environment,
  reconciliationEnvironment,
  rotationEnvironment,
} from './contract.ts';
import { eventKinds } from './event/kinds.ts';
import { type Digest, parseDigest } from './signature.ts';

/** Settings of the receiver function. */
export interface ReceiverEnvironment {
  queueUrl: string;
  keyringSecretId: string;
  /** How old a signed `Date` may be, in seconds; `0` turns the check off. */
  timestampToleranceSeconds: number;
  overflowBucket: string | undefined;
  /** Without it nothing is archived. */
  archive: ArchiveSettings | undefined;
  /** See `hasOwnS3Endpoint`. */
  hasOwnS3Endpoint: boolean;
}

/** Settings of the archive function. */
export interface ArchiveFunctionEnvironment extends Pick<ReceiverEnvironment, 'keyringSecretId' | 'hasOwnS3Endpoint'> {
  bucket: string;
  overflowBucket: string;
}

/** Where events are archived. */
export interface ArchiveSettings {
  /** Names of Firehose streams, by type as `archiveTypeOf` has it. */
  streams: ReadonlyMap<string, string>;
  /** Gets what a stream does not take. */
  queueUrl: string;
}

/** Settings of the rotation function. */
export interface RotationEnvironment {
  apiCredentialsSecretId: string;
  baseUrl: string;
  digest: Digest;
}

/**
 * Reads the rotation function's environment.
 *
 * @throws {Error} naming the variable that is missing or wrong
 */
export function readRotationEnvironment(variables: NodeJS.ProcessEnv): RotationEnvironment {
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

/** Settings of the reconciliation function. */
export interface ReconciliationEnvironment
  extends Pick<ReceiverEnvironment, 'queueUrl' | 'keyringSecretId' | 'overflowBucket' | 'hasOwnS3Endpoint' | 'archive'>,
    Pick<RotationEnvironment, 'apiCredentialsSecretId' | 'baseUrl'> {
  /** Whether queued events are removed from MessageMedia's lists. */
  confirm: boolean;
  /** Names of the log groups with the events that arrived already. */
  logGroups: string[];
  /** Days that these logs are kept. */
  logDays: number;
  /** Name of the stack. */
  stack: string;
}

/**
 * Reads the reconciliation function's environment.
 *
 * @throws {Error} naming the variable that is missing or wrong
 */
export function readReconciliationEnvironment(variables: NodeJS.ProcessEnv): ReconciliationEnvironment {
  return {
    queueUrl: required(variables, environment.queueUrl),
    keyringSecretId: required(variables, environment.keyringSecretId),
    ...readOverflow(variables),
    archive: readArchive(variables),
    apiCredentialsSecretId: required(variables, rotationEnvironment.apiCredentialsSecretId),
    baseUrl: required(variables, rotationEnvironment.baseUrl),
    confirm: variables[reconciliationEnvironment.confirm] === 'true',
    logGroups: required(variables, reconciliationEnvironment.logGroups).split(','),
    logDays: Number(required(variables, reconciliationEnvironment.logDays)),
    stack: required(variables, reconciliationEnvironment.stack),
  };
}

/**
 * Reads the archive function's environment.
 *
 * @throws {Error} naming the variable that is missing
 */
export function readArchiveEnvironment(variables: NodeJS.ProcessEnv): ArchiveFunctionEnvironment {
  return {
    bucket: required(variables, archiveEnvironment.bucket),
    overflowBucket: required(variables, environment.overflowBucket),
    hasOwnS3Endpoint: readOverflow(variables).hasOwnS3Endpoint,
    keyringSecretId: required(variables, environment.keyringSecretId),
  };
}

/**
 * Reads the receiver's environment.
 *
 * @throws {Error} naming the variable that is missing or wrong
 */
export function readEnvironment(variables: NodeJS.ProcessEnv): ReceiverEnvironment {
  return {
    queueUrl: required(variables, environment.queueUrl),
    keyringSecretId: required(variables, environment.keyringSecretId),
    timestampToleranceSeconds: seconds(variables, environment.timestampToleranceSeconds),
    ...readOverflow(variables),
    archive: readArchive(variables),
  };
}

function readOverflow(variables: NodeJS.ProcessEnv): Pick<ReceiverEnvironment, 'overflowBucket' | 'hasOwnS3Endpoint'> {
  return {
    overflowBucket: variables[environment.overflowBucket] || undefined,
    hasOwnS3Endpoint: hasOwnS3Endpoint(variables),
  };
}

/** Whether S3 has a custom endpoint, which may not support buckets as host names: then the bucket is in the path. */
export function hasOwnS3Endpoint(variables: NodeJS.ProcessEnv): boolean {
  return Boolean(variables.AWS_ENDPOINT_URL_S3 || variables.AWS_ENDPOINT_URL);
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

function seconds(variables: NodeJS.ProcessEnv, name: string): number {
  const value = variables[name];
  if (value === undefined || value === '') return defaultTimestampToleranceSeconds;
  if (!/^\d{1,9}$/.test(value))
    throw new Error(`Environment variable ${name} is "${value}": give whole seconds, 0 for no check`);
  return Number(value);
}
