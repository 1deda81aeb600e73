import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { type Command, Option } from 'commander';
import { environment } from '../lambda/contract.ts';
import { secretText } from '../lambda/keys/keyring-secret.ts';
import { createKeyringStore, type KeyringStore } from '../lambda/keys/keyring-store.ts';
import type { Authentication } from '../lambda/messagemedia/authentication.ts';
import { createProvider, type Provider } from '../lambda/messagemedia/client.ts';
import { outputs } from '../lambda/stack-outputs.ts';
import { progress } from '../terminal/output.ts';
import { pause, watch } from '../terminal/waiting.ts';
import { watched } from './aws.ts';
import { UsageError } from './options.ts';
import { connectSecrets } from './places.ts';
import { outputsOfReceiver, stackNameOf } from './receivers.ts';

export interface GlobalOptions {
  baseUrl?: string;
  account?: string;
  json?: boolean;
}

export interface KeyringOptions {
  stack?: string;
  secretId?: string;
}

export function addKeyringOptions(command: Command): Command {
  return command
    .addOption(new Option('--stack <name>', 'the deployed stack whose keyring to use').conflicts('secretId'))
    .option('--secret-id <name or ARN>', `the keyring's secret (default: ${environment.keyringSecretId})`);
}

/** MessageMedia's API, with the credentials of the environment. */
export function connectProvider({ baseUrl, account }: GlobalOptions): Provider {
  const { MESSAGEMEDIA_AUTHENTICATION: authentication } = process.env;
  return createProvider({
    baseUrl: baseUrl || process.env.MESSAGEMEDIA_BASE_URL || 'messagemedia',
    apiKey: required('MESSAGEMEDIA_API_KEY'),
    apiSecret: required('MESSAGEMEDIA_API_SECRET'),
    log: progress,
    watch: (what, milliseconds, work) => watch(`${what} has not answered for 2 s`, milliseconds, work),
    pause,
    ...(account !== undefined && { account }),
    // `createProvider` refuses any other value.
    ...(authentication && { authentication: authentication as Authentication }),
  });
}

/** @throws {Error} when nothing names a keyring */
export async function connectKeyring(options: KeyringOptions): Promise<KeyringStore> {
  return connectKeyringOf(await requireKeyringId(options));
}

/** @throws {Error} when nothing names a keyring */
export async function requireKeyringId(options: KeyringOptions): Promise<string> {
  const id = await findKeyringId(options);
  if (id !== undefined) return id;
  throw new UsageError(`No keyring is given: add --stack or --secret-id, or set ${environment.keyringSecretId}.`);
}

/** The keyring, or `undefined` when nothing names one. */
export async function findKeyring(options: KeyringOptions): Promise<KeyringStore | undefined> {
  const id = await findKeyringId(options);
  return id === undefined ? undefined : connectKeyringOf(id);
}

export function connectKeyringOf(id: string): KeyringStore {
  return createKeyringStore(connectSecrets(id), id, { warn: progress, pause: pauseUpdate });
}

/** Name or ARN of the keyring's secret, or `undefined` when nothing names one. */
async function findKeyringId({ stack, secretId }: KeyringOptions): Promise<string | undefined> {
  if (stack !== undefined) return readOutput(stack, outputs.keyringSecretArn);
  return secretId || process.env[environment.keyringSecretId] || undefined;
}

/** The value of a keyring, as the receiver gets it. @param secretId `undefined` if nothing names one */
export async function readKeyring(secretId: string | undefined): Promise<string | undefined> {
  if (!secretId) return undefined;
  return secretText(await connectSecrets(secretId).send(new GetSecretValueCommand({ SecretId: secretId })));
}

/** Before the keyring is written once more. */
async function pauseUpdate(milliseconds: number): Promise<void> {
  if (milliseconds > 2_000)
    progress('The keyring is not written yet: somebody else is changing it, or Secrets Manager lags.');
  await pause(milliseconds);
}

/**
 * An output of a deployed stack's receiver.
 *
 * @throws {Error} when there is no such stack, or it has no such output
 */
export async function readOutput(stack: string, name: string): Promise<string> {
  return requireOutput(stack, await readOutputs(stack), name);
}

export function requireOutput(stack: string, found: ReadonlyMap<string, string>, name: string): string {
  const value = found.get(name);
  if (value) return value;
  throw new Error(
    `Stack ${stack} has no output ${name}: is it a stack of this project, or one whose receiver has addOutputs(), and in this region?`,
  );
}

/**
 * All outputs of a deployed stack's receiver.
 *
 * @throws {Error} when there is no such stack
 */
export async function readOutputs(stack: string): Promise<ReadonlyMap<string, string>> {
  return outputsOf(stack, await describeStack(stack));
}

export function outputsOf(stack: string, { Outputs = [] }: Partial<Stack>): ReadonlyMap<string, string> {
  return outputsOfReceiver(
    stack,
    new Map(Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue])),
  );
}

/**
 * What CloudFormation knows of a deployed stack.
 *
 * @throws {Error} when there is no such stack
 */
export async function describeStack(stack: string): Promise<Partial<Stack>> {
  const { Stacks } = await watched(new CloudFormationClient())
    .send(new DescribeStacksCommand({ StackName: stackNameOf(stack) }))
    .catch((cause: unknown) => {
      throw new Error(`Stack ${stack} could not be looked up in AWS.`, { cause });
    });
  return Stacks?.[0] ?? {};
}

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set: put your MessageMedia API credentials in the environment.`);
}
