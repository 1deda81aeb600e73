import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** The longest policy that API Gateway takes, in characters, unless AWS raised the quota. */
const longestPolicy = 8_192;

/** A policy of a REST API that lets nobody but these addresses call. */
export function allowOnly(addresses: readonly string[]): PolicyDocument {
  const principals = [new AnyPrincipal()];
  const everything = { principals, actions: ['execute-api:Invoke'], resources: ['execute-api:/*'] };
  const conditions = { NotIpAddress: { 'aws:SourceIp': addresses } };
  const others = new PolicyStatement({ ...everything, effect: Effect.DENY, conditions });
  return new PolicyDocument({ statements: [new PolicyStatement(everything), others] });
}

/** Why API Gateway would refuse these addresses, with what to do; `undefined` if it takes them. */
export function problemOf(addresses: readonly string[]): string | undefined {
  const { length } = JSON.stringify(allowOnly(addresses).toJSON());
  if (length <= longestPolicy) return undefined;
  const size = `${addresses.length} addresses make a policy of ${length} characters, and API Gateway takes ${longestPolicy}`;
  return `${size}: give larger ranges, or a web ACL with an IP set in their place.`;
}
