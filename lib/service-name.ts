import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** Name in log and metrics: the construct's path, with the stack's name in place of its id. It is unique in an account and region. */
export function serviceOf(construct: Construct): string {
  const stack = Stack.of(construct);
  return `${stack.stackName}${construct.node.path.slice(stack.node.path.length)}`;
}
