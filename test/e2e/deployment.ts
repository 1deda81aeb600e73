import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  type CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  type Output,
  type Stack,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { account } from './ministack.ts';
import type { Clients } from './stack.ts';

interface Assets {
  files: Record<
    string,
    {
      source: { path: string; packaging: string };
      destinations: Record<string, { bucketName: string; objectKey: string }>;
    }
  >;
}

/**
 * Creates or updates the only stack of a synthesized app. `cdk deploy` does the same in ten times as long.
 *
 * @param assembly folder that the app was synthesized to @param python makes the archives
 * @returns the stack's outputs by name
 * @throws {Error} when it is rolled back
 */
export async function deployAssembly(
  { cloudFormation, s3 }: Clients,
  assembly: string,
  python: string,
): Promise<Record<string, string>> {
  const end = '.template.json';
  const file = (await readdir(assembly)).find((name) => name.endsWith(end)) ?? '';
  const StackName = file.slice(0, -end.length);
  const { files }: Assets = JSON.parse(await readFile(join(assembly, `${StackName}.assets.json`), 'utf8'));
  let TemplateURL = '';
  for (const { source, destinations } of Object.values(files)) {
    const path = join(assembly, source.path);
    const Body = source.packaging === 'zip' ? await zip(path, python) : await readFile(path);
    for (const { bucketName, objectKey: Key } of Object.values(destinations)) {
      const Bucket = bucketName
        .replace(/\$\{AWS::AccountId\}/, account.id)
        .replace(/\$\{AWS::Region\}/, account.region);
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
      if (source.path === file) TemplateURL = `https://s3.${account.region}.amazonaws.com/${Bucket}/${Key}`;
    }
  }
  const request = { StackName, TemplateURL, Capabilities: ['CAPABILITY_NAMED_IAM' as const] };
  const exists = await describe(cloudFormation, StackName).catch(() => undefined);
  await cloudFormation.send(exists ? new UpdateStackCommand(request) : new CreateStackCommand(request));
  const { StackStatus, StackStatusReason, Outputs } = await settled(cloudFormation, StackName);
  if (!/^(CREATE|UPDATE)_COMPLETE$/.test(StackStatus ?? ''))
    throw new Error(`${StackName} is ${StackStatus}: ${StackStatusReason}`);
  return namedOutputs(Outputs);
}

export async function outputsOf({ cloudFormation }: Clients, name: string): Promise<Record<string, string>> {
  return namedOutputs((await describe(cloudFormation, name)).Outputs);
}

function namedOutputs(outputs: Output[] = []): Record<string, string> {
  return Object.fromEntries(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}

/** Deletes a stack, as `cdk destroy` does. @throws {Error} when something could not be deleted */
export async function deleteStack({ cloudFormation }: Clients, name: string): Promise<void> {
  const { StackId = '' } = await describe(cloudFormation, name);
  await cloudFormation.send(new DeleteStackCommand({ StackName: name }));
  const { StackStatus } = await settled(cloudFormation, StackId);
  if (StackStatus !== 'DELETE_COMPLETE') throw new Error(`${name} is ${StackStatus}`);
}

async function zip(folder: string, python: string): Promise<Buffer> {
  const file = `${folder}.zip`;
  await promisify(execFile)(python, ['-m', 'zipfile', '-c', file, ...(await readdir(folder))], { cwd: folder });
  return readFile(file);
}

async function settled(client: CloudFormationClient, name: string): Promise<Stack> {
  for (;;) {
    const stack = await describe(client, name);
    if (!stack.StackStatus?.endsWith('_IN_PROGRESS')) return stack;
    await sleep(100);
  }
}

async function describe(client: CloudFormationClient, StackName: string): Promise<Stack> {
  const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName }));
  if (!stack) throw new Error(`There is no stack ${StackName}`);
  return stack;
}
