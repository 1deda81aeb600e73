import { Annotations, type ResourceEnvironment, Stack, Token } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { IConstruct } from 'constructs';

/** A resource that somebody else made and with which the stack cannot work. The message is for the person who gave it. */
export class BroughtResourceError extends Error {
  override readonly name = 'BroughtResourceError';
}

/** What is known of a resource before the deployment. */
export interface BroughtResource {
  readonly arn: string;
  /** Of a resource of the CDK; what the ARN says counts more. A bucket's ARN has neither region nor account. */
  readonly env?: ResourceEnvironment;
}

/** What a resource has to share with the stack. */
export type Shared = 'region' | 'account';

/**
 * Refuses a resource of another region or account, if both places are known. A stack without `env` is deployed where the
 * command line of the CDK is at home.
 *
 * @param what names the resource in the error
 * @throws {BroughtResourceError} naming the resource, both places, and what to do
 */
export function expectHere(
  scope: IConstruct,
  what: string,
  resource: BroughtResource,
  shared: readonly Shared[],
): void {
  const there = placeOf(resource);
  const here = placeOfStack(scope);
  for (const part of ['partition', ...shared] as const) {
    if (!differs(there[part], here[part])) continue;
    throw new BroughtResourceError(
      `${what} ${resource.arn} is of ${part} ${there[part]}, and the stack of ${part} ${here[part]}: give one of ${here[part]}, or deploy the stack to ${there[part]}.`,
    );
  }
}

/** Whether a resource is known to belong to another account. */
export function isOfOtherAccount(scope: IConstruct, resource: BroughtResource): boolean {
  return differs(placeOf(resource).account, placeOfStack(scope).account);
}

/** @throws {BroughtResourceError} for an alias: policies cannot name one, and CloudWatch Logs takes none */
export function expectKey(scope: IConstruct, key: IKey): void {
  expectHere(scope, 'KMS key', { arn: key.keyArn, env: key.env }, ['region']);
  if (!key.keyArn.includes(':alias/')) return;
  const advice = 'give the key itself, for example with Key.fromKeyArn, Key.fromLookup or aliasTargetKey';
  throw new BroughtResourceError(`KMS key ${key.node.path} is an alias, and a policy cannot name one: ${advice}.`);
}

/** Warns at every synthesis. @param id of the warning, by which it can be acknowledged */
export function warn(scope: IConstruct, id: string, message: string): void {
  Annotations.of(scope).addWarningV2(`messagemedia-webhook-receiver:${id}`, message);
}

type Place = Partial<Record<'partition' | Shared, string>>;

function placeOf({ arn, env }: BroughtResource): Place {
  const [, partition, , region, account] = arn.split(':').map(known);
  return { partition, region: region ?? known(env?.region), account: account ?? known(env?.account) };
}

function placeOfStack(scope: IConstruct): Place {
  const stack = Stack.of(scope);
  const region = known(stack.region) ?? process.env.CDK_DEFAULT_REGION;
  const partition = region === undefined ? undefined : RegionInfo.get(region).partition;
  return { partition, region, account: known(stack.account) ?? process.env.CDK_DEFAULT_ACCOUNT };
}

/** The value, unless it is empty or known only at the deployment. */
function known(value: string | undefined): string | undefined {
  return value && !Token.isUnresolved(value) ? value : undefined;
}

function differs(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}
