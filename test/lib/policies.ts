import type { TemplateJson } from './support.ts';

interface Statement {
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, unknown>>;
}

/** A call that somebody wants to make. */
interface Request {
  action: string;
  /** ARN, as `arnOf` makes it. */
  resource: string;
  /** The service on whose behalf KMS is called. */
  via?: string;
  /** What S3 is asked to list. For an object that does not exist it is the object's key. */
  prefix?: string;
}

/** The ARN that stands for a resource of the template. */
export const arnOf = (logicalId: string) => `arn:${logicalId}`;

const pseudoParameters: Record<string, string> = {
  'AWS::Region': 'us-east-1',
  'AWS::Partition': 'aws',
  'AWS::AccountId': '123456789012',
  'AWS::URLSuffix': 'amazonaws.com',
};

/** Resolves a template's intrinsic functions. A reference to a resource, by any attribute, becomes its ARN. */
export function resolve(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value !== 'object' || value === null) return value;
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Record<string, unknown>;
  if (typeof ref === 'string') return pseudoParameters[ref] ?? arnOf(ref);
  if (Array.isArray(attribute)) return arnOf(String(attribute[0]));
  if (Array.isArray(join)) return (resolve(join[1]) as unknown[]).join(String(join[0]));
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, resolve(entry)]));
}

/** The statements of every policy that is attached to a role of the template. */
export function statementsOf({ Resources }: TemplateJson, roleId: string): Statement[] {
  return Object.values(Resources).flatMap(({ Type, Properties }) => {
    const roles = resolve(Properties.Roles);
    if (Type !== 'AWS::IAM::Policy' || !Array.isArray(roles) || !roles.includes(arnOf(roleId))) return [];
    return (resolve(Properties.PolicyDocument) as { Statement: Statement[] }).Statement;
  });
}

/** All that a role may do, a line each. @throws {Error} for a statement that a line cannot say */
export function allowed(json: TemplateJson, role: string): string[] {
  const lines = statementsOf(json, role).flatMap(({ Effect, Action, Resource, Condition = {} }) => {
    const { StringLike = {}, ...others } = Condition;
    if (Effect !== 'Allow' || Object.keys(others).length > 0)
      throw new Error(`No line for ${Effect} with ${JSON.stringify(Condition)}`);
    const like = Object.entries(StringLike).map(([key, value]) =>
      key === 'kms:ViaService' ? ` via ${String(value).split('.')[0]}` : ` of ${String(value)}`,
    );
    return [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} ${resource}${like}`));
  });
  return [...new Set(lines)].sort();
}

/** IAM's rule: an explicit deny wins, then an allow, and everything else is denied. */
export function isAllowed(statements: readonly Statement[], request: Request): boolean {
  const effects = statements.filter((statement) => applies(statement, request)).map(({ Effect }) => Effect);
  return effects.includes('Allow') && !effects.includes('Deny');
}

function applies({ Action, Resource, Condition = {} }: Statement, { action, resource, via, prefix }: Request): boolean {
  return (
    [Action].flat().some((pattern) => matches(pattern, action)) &&
    [Resource].flat().some((pattern) => matches(pattern, resource)) &&
    Object.entries(Condition).every(([operator, test]) => {
      const [[key = '', pattern] = [], ...others] = Object.entries(test);
      const values: Record<string, string | undefined> = { 's3:prefix': prefix, 'kms:ViaService': via };
      if (operator !== 'StringLike' || !(key in values) || others.length > 0)
        throw new Error(`No rule for condition ${JSON.stringify(Condition)}`);
      const value = values[key];
      return value !== undefined && matches(String(pattern), value);
    })
  );
}

function matches(pattern: string, value: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 'i').test(value);
}
