import assert from 'node:assert/strict';
import { existsSync, globSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { done, shell } from './shell.ts';

/** Two receivers in one stack, one with its own queue, and what an app adds to one. */
const app = `
import './consumer.js';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { KeyRotation, Monitoring, WebhookReceiver } from 'messagemedia-webhook-receiver';

const theirs = new App({ outdir: 'cdk.out' });
const stack = new Stack(theirs, 'Theirs');
const receiver = new WebhookReceiver(stack, 'Marketing');
new Monitoring(stack, 'Monitoring', { receiver });
new KeyRotation(stack, 'Rotation', { keyring: receiver.keyring, every: Duration.days(30), baseUrl: 'eu' });
new WebhookReceiver(stack, 'Support', { queue: new Queue(stack, 'Own'), callbackPath: '/support' });
theirs.synth();
`;

const consumer = `
import assert from 'node:assert/strict';
import { readQueuedEvent, type WebhookEvent } from 'messagemedia-webhook-receiver/events';
import { reverify } from 'messagemedia-webhook-receiver/events/verify';
import { parseKeyring } from 'messagemedia-webhook-receiver/keyring';

export const handle = (message: string, secret: string): WebhookEvent | undefined => {
  const read = readQueuedEvent(message);
  return reverify(read, parseKeyring(secret).keys) === 'good' ? read.event : undefined;
};
assert.throws(() => handle('{}', '{"keys":[]}'), { name: 'QueuedEventError' });
`;

/** A pipeline that deploys a receiver. */
const pipeline = `
import { App, Stack, Stage } from 'aws-cdk-lib';
import { CodePipeline, CodePipelineSource, ShellStep } from 'aws-cdk-lib/pipelines';
import { WebhookReceiver } from 'messagemedia-webhook-receiver';

const theirs = new App({ outdir: 'pipeline.out' });
const input = CodePipelineSource.connection('theirs/app', 'main', {
  connectionArn: 'arn:aws:codestar-connections:eu-west-1:123456789012:connection/1',
});
const pipeline = new CodePipeline(new Stack(theirs, 'Theirs'), 'Pipeline', {
  synth: new ShellStep('Synth', { input, commands: ['npm ci', 'npx cdk synth'] }),
});
const stage = new Stage(theirs, 'Production');
new WebhookReceiver(new Stack(stage, 'Webhooks'), 'Receiver');
pipeline.addStage(stage);
theirs.synth();
`;

/** How an app finds packages, and how it is run. */
const resolutions = {
  NodeNext: { options: { module: 'nodenext' }, run: (name: string) => `node out/${name}.js` },
  Bundler: {
    options: { module: 'esnext', moduleResolution: 'bundler' },
    run: (name: string) => `npx --no -- tsx ${name}.ts`,
  },
};

/**
 * An app of ES modules that has all constructs and reads events. Its compiler looks into our declarations too.
 *
 * @param defaultApp whose packages it has
 */
export async function checkModuleApp(
  folder: string,
  defaultApp: string,
  resolution: keyof typeof resolutions,
): Promise<void> {
  const { options, run } = resolutions[resolution];
  const compilerOptions = { ...options, target: 'es2022', strict: true, types: ['node'], outDir: 'out' };
  await makeApp(folder, defaultApp, {
    'package.json': '{ "private": true, "type": "module" }',
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['*.ts'] }),
    ...{ 'app.ts': app, 'consumer.ts': consumer },
  });
  await shell(folder, 'npx --no -- tsc');
  await shell(folder, run('app'));
  const types = await resourceTypes(join(folder, 'cdk.out/Theirs.template.json'));
  assert.equal(types.filter((type) => type === 'AWS::Lambda::Function').length, 3);
  assert.equal(types.filter((type) => type === 'AWS::ApiGatewayV2::Api').length, 2);
  assert.equal(await bundlesIn(join(folder, 'cdk.out')), 2);
  done(`ES modules, ${resolution}: two receivers, a monitor, a rotation and a consumer compile and run`);
}

export async function checkPipeline(folder: string, defaultApp: string): Promise<void> {
  await makeApp(folder, defaultApp, { 'package.json': '{ "type": "module" }', 'pipeline.ts': pipeline });
  await shell(folder, 'npx --no -- tsx pipeline.ts');
  const types = await resourceTypes(join(folder, 'pipeline.out/Theirs.template.json'));
  assert.ok(types.includes('AWS::CodePipeline::Pipeline'));
  const stage = join(folder, 'pipeline.out/assembly-Production');
  assert.equal(await bundlesIn(stage), 1);
  done('a pipeline deploys a receiver');
}

async function makeApp(folder: string, defaultApp: string, files: Record<string, string>): Promise<void> {
  await mkdir(folder);
  await symlink(join(defaultApp, 'node_modules'), join(folder, 'node_modules'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

async function resourceTypes(template: string): Promise<string[]> {
  const { Resources } = JSON.parse(await readFile(template, 'utf8'));
  return Object.values<{ Type: string }>(Resources).map(({ Type }) => Type);
}

/** How many functions the stacks of an assembly have the bundles of. */
export async function bundlesIn(assembly: string): Promise<number> {
  let bundles = 0;
  for (const manifest of globSync(join(assembly, '*.assets.json'))) {
    const { files } = JSON.parse(await readFile(manifest, 'utf8'));
    for (const { source } of Object.values<{ source: { path: string; packaging: string } }>(files)) {
      if (source.packaging !== 'zip') continue;
      assert.ok(existsSync(join(assembly, source.path, 'index.mjs')), `${manifest} names a function without a bundle`);
      bundles += 1;
    }
  }
  return bundles;
}
