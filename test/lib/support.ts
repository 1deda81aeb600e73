import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readSettings } from '../../lib/settings/read-settings.ts';
import { WebhookStack } from '../../lib/webhook-stack.ts';

export type Context = Readonly<Record<string, unknown>>;

const outdir = mkdtempSync(join(tmpdir(), 'webhooks-'));
afterAll(() => rmSync(outdir, { recursive: true }));

/** The feature flags that `cdk` runs the app with. */
const { context: featureFlags } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));

/** An app as `cdk` runs it, but without bundling and CloudFormation's rules, which take time and are tested elsewhere. */
export function createApp(context: Context = {}, options: { validate?: boolean } = {}): App {
  return new App({
    outdir,
    context: { ...featureFlags, 'aws:cdk:bundling-stacks': [], ...context },
    builtinCloudFormationValidation: options.validate ?? false,
    treeMetadata: false,
  });
}

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DependsOn?: string[];
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

export interface TemplateJson {
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: unknown; Description?: string }>;
}

/** A synthesized stack in the forms that tests use. */
export interface Synthesized {
  app: App;
  stack: Stack;
  template: Template;
  json: TemplateJson;
}

export function synthesize(context: Context = {}, options?: { validate?: boolean }): Synthesized {
  const app = createApp(context, options);
  const stack = new WebhookStack(app, 'Test', { settings: readSettings(app.node) });
  return { app, stack, ...templateOf(stack) };
}

const cache = new Map<string, Synthesized>();

/** `synthesize`, but only once for the same settings. */
export function stackOf(context: Context): Synthesized {
  const key = JSON.stringify(Object.entries(context).sort());
  const known = cache.get(key) ?? synthesize(context);
  cache.set(key, known);
  return known;
}

export function templateOf(stack: Stack): Pick<Synthesized, 'template' | 'json'> {
  const template = Template.fromStack(stack);
  return { template, json: template.toJSON() as TemplateJson };
}

/** Logical ids of a type. */
export function idsOf({ Resources }: TemplateJson, type: string): string[] {
  return Object.keys(Resources).filter((id) => Resources[id]?.Type === type);
}

const arn = (rest: string) => `arn:aws:${rest}`;

/** Values for the settings that have no default. */
export const samples = {
  domain: {
    domainName: 'hooks.example.com',
    certificateArn: arn('acm:us-east-1:123456789012:certificate/6a5f2b1c-0000-0000-0000-000000000000'),
  },
  hostedZone: { hostedZoneId: 'Z0123456789ABC' },
  webAcl: { webAclArn: arn('wafv2:us-east-1:123456789012:regional/webacl/webhooks/6a5f2b1c') },
  allowedIps: { allowedIps: '203.0.113.0/24,2001:db8::1' },
  alarmTopic: { alarmTopicArn: arn('sns:us-east-1:123456789012:on-call') },
} as const;

/** The only logical id of a type that matches. */
export function idOf(json: TemplateJson, type: string, shape: RegExp): string {
  const [id, ...others] = idsOf(json, type).filter((candidate) => shape.test(candidate));
  if (id === undefined || others.length > 0) throw new Error(`Not one ${type} like ${shape}`);
  return id;
}
