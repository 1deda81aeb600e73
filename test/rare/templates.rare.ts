import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { WebhookReceiver } from '../../lib/webhook-receiver.ts';
import { createApp, samples, stackOf, type TemplateJson, templateOf } from '../lib/support.ts';

const linter = fileURLToPath(new URL('.venv/bin/cfn-lint', import.meta.url));
/** Near MessageMedia's own regions `us`, `eu` and `au`. */
const regions = ['us-east-1', 'eu-west-1', 'ap-southeast-2'];
const folder = mkdtempSync(join(tmpdir(), 'templates-'));
afterAll(() => rmSync(folder, { recursive: true }));

const background = { rotationDays: '30', reconcileMinutes: '15', archiveDays: '400', ...samples.alarmTopic };
const onHttp = { ...samples.domain, ...samples.hostedZone, customerManagedKey: 'true', archiveLock: 'compliance' };
const onRest = { frontDoor: 'rest', ordering: 'standard', ...samples.webAcl, ...samples.allowedIps };

function inVpc(): TemplateJson {
  const stack = new Stack(createApp(), 'Own');
  new WebhookReceiver(stack, 'Webhooks', { vpc: new Vpc(stack, 'Vpc') }).addOutputs();
  return templateOf(stack).json;
}

/**
 * What cfn-lint finds. I3510 compares actions with the resources that IAM's reference gives them, W3037 knows all actions.
 * W3005 is about what the CDK writes twice.
 */
function findings(templates: Record<string, unknown>): string[] {
  const files = Object.entries(templates).map(([name, template]) => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(template));
    return file;
  });
  const rules = ['--include-checks', 'I3510', '--ignore-checks', 'W3005', '--regions', ...regions];
  const { stdout, stderr } = spawnSync(linter, ['--format', 'parseable', ...rules, '--', ...files], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

test('cfn-lint finds nothing in the templates, in no region of MessageMedia', () => {
  const http = stackOf({ ...background, ...onHttp }).json;
  const rest = stackOf({ ...background, ...onRest }).json;
  expect(findings({ defaults: stackOf({}).json, http, rest, own: inVpc() })).toEqual([]);
}, 300_000);

test('it would find an action that does not exist, or that does not take its resource', () => {
  const bad = structuredClone(stackOf({}).json);
  const statement = (Action: string, Resource: string) => ({ Effect: 'Allow', Action, Resource });
  const Statement = [statement('sqs:SendMessages', '*'), statement('logs:GetQueryResults', 'arn:aws:s3:::bucket')];
  const PolicyDocument = { Version: '2012-10-17', Statement };
  bad.Resources.Bad = { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument } };
  const rules = findings({ bad }).map((line) => /:([A-Z]\d{4}):/.exec(line)?.[1]);
  expect(rules.sort()).toEqual(['I3510', 'W3037']);
}, 300_000);
