import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../lib/settings/read-settings.ts';
import { WebhookStack } from '../../lib/webhook-stack.ts';
import { createApp, templateOf } from './support.ts';

const everything = { customerManagedKey: 'true', rotationDays: 30, reconcileMinutes: 60, archiveDays: 30 };

/** Where a text stands in a template, and the text; references are written as their names. */
function textsOf(value: unknown, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  const { 'Fn::Join': join, Ref: ref } = value as { 'Fn::Join'?: [string, unknown[]]; Ref?: string };
  if (ref) return [[path, `<${ref}>`]];
  if (join) return [[path, join[1].flatMap((part) => textsOf(part).map(([, text]) => text)).join(join[0])]];
  return Object.entries(value).flatMap(([key, part]) => textsOf(part, `${path}/${key}`));
}

/** Services have the same name as a principal everywhere. What a secret of the CDK adds to a key's policy, the policy allows anyway. */
const isHarmless = (path: string, text: string, region: string) =>
  /\/Principal(?:\/Service)?(?:\/\d+)?$/.test(path) ||
  (path.startsWith('/Resources/Key/') && text === `secretsmanager.${region}.amazonaws.com`);

describe.each(['cn-north-1', 'us-gov-west-1'])('in %s', (region) => {
  test.each(['http', 'rest'])('frontDoor=%s names neither partition nor domain of other regions', (frontDoor) => {
    const app = createApp({ ...everything, frontDoor });
    const env = { region, account: '123456789012' };
    const texts = textsOf(templateOf(new WebhookStack(app, 'Test', { settings: readSettings(app.node), env })).json);
    expect(texts.length).toBeGreaterThan(500);
    const literal = texts.filter(([, text]) => /arn:aws:|amazonaws\.com/.test(text));
    expect(literal.filter(([path, text]) => !isHarmless(path, text, region))).toEqual([]);
    expect(texts.map(([, text]) => text)).toContain(`logs.${region}.<AWS::URLSuffix>`);
  });
});
