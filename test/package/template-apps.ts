import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { startReceiver } from '../received.ts';
import { makeKey } from '../support.ts';
import { done, piecesOf, root, shell, versionsIn } from './shell.ts';

/** What README says to install. */
const installLines = piecesOf('README.md', 'sh').find((lines) => /^npm install .*\.tgz$/m.test(lines)) ?? '';

/** The app that `cdk init` makes today, with README's install lines, one line of ours, and README's consumer. */
export async function checkDefaultApp(app: string, tarball: string): Promise<void> {
  const cdk = `node ${join(root, 'node_modules/aws-cdk/bin/cdk')}`;
  await init(app, `${cdk} init app --language typescript`);
  await copyFile(tarball, join(app, basename(tarball)));
  const { stderr } = await shell(app, installLines);
  assert.doesNotMatch(stderr, /messagemedia-webhook-receiver/, 'npm warns whoever installs the package');
  await addReceiver(app, 'ts');
  await addConsumer(app);
  await buildTestSynth(app);
  done(`cdk init, README's install lines and consumer, one line more: build, test and synth pass (${versionsIn(app)})`);
}

/** Plain JavaScript, with the packages of the default app, in which all are. */
export async function checkJavaScriptApp(app: string, defaultApp: string): Promise<void> {
  const cdk = `node ${join(root, 'node_modules/aws-cdk/bin/cdk')}`;
  await init(app, `${cdk} init app --language javascript`);
  await symlink(join(defaultApp, 'node_modules'), join(app, 'node_modules'));
  await addReceiver(app, 'js');
  await buildTestSynth(app);
  done('the same in plain JavaScript');
}

/**
 * The app that `cdk init` made two years ago (`module: commonjs`, classic resolution, TypeScript 5.6, ts-jest), with the
 * oldest version of the CDK that `peerDependencies` allows.
 */
export async function checkOldApp(app: string, tarball: string): Promise<void> {
  const { peerDependencies, devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const oldest = ['aws-cdk-lib', 'constructs'].map((name) => `${name}@${peerDependencies[name].replace('^', '')}`);
  await init(app, 'npx --yes aws-cdk@2.170.0 init app --language typescript');
  await shell(
    app,
    `npm install ${tarball} ${oldest.join(' ')} aws-cdk@'${devDependencies['aws-cdk']}' @types/aws-lambda`,
  );
  await addReceiver(app, 'ts');
  await addConsumer(app);
  await buildTestSynth(app);
  done(`the same in the app of two years ago (${versionsIn(app)})`);
}

/** @param line how `cdk init` is called; it installs nothing, because npm can do all at once */
async function init(app: string, line: string): Promise<void> {
  await mkdir(app);
  await shell(app, `${line} --generate-only`);
}

/** What the template has as comments becomes code, and the stack gets a receiver. Nothing else is changed. */
async function addReceiver(app: string, language: 'ts' | 'js'): Promise<void> {
  const stack = join(app, `lib/${basename(app)}-stack.${language}`);
  const [load, where] =
    language === 'ts'
      ? ["import { WebhookReceiver } from 'messagemedia-webhook-receiver';", /^import .*\n/]
      : ["const { WebhookReceiver } = require('messagemedia-webhook-receiver');", /^const .*\n/];
  await change(stack, (source) =>
    uncomment(source)
      .replace(where, (first) => `${first}${load}\n`)
      .replace(/^ *super\(.*\n/m, (line) => `${line}    new WebhookReceiver(this, 'Receiver');\n`),
  );
  await change(join(app, `test/${basename(app)}.test.${language}`), uncomment);
}

/** Of the comments of a template, only prose begins with these words. */
const uncomment = (source: string) => source.replaceAll(/^( *)\/\/ (?!example |The )/gm, '$1');

async function change(file: string, edit: (source: string) => string): Promise<void> {
  const source = await readFile(file, 'utf8');
  const edited = edit(source);
  assert.notEqual(edited, source, `${file} is not the template that was expected`);
  await writeFile(file, edited);
}

/** README's consumer, and a test that gives it what a real receiver queued. */
async function addConsumer(app: string): Promise<void> {
  const [consumer = ''] = piecesOf('README.md', 'ts');
  const { deliveryReport, smsReply, xml } = sampleWebhooks('/messagemedia');
  const queued = await Promise.all([deliveryReport, smsReply, xml].map(startReceiver(makeKey())));
  await writeFile(join(app, 'lib/consumer.ts'), consumer);
  await writeFile(
    join(app, 'test/consumer.test.ts'),
    `import type { SQSRecord } from 'aws-lambda';
import { handler } from '../lib/consumer';

test('the consumer logs what it is given', async () => {
  const log = jest.spyOn(console, 'log').mockImplementation(() => {});
  await handler({ Records: ${JSON.stringify(queued.map(({ body }) => ({ body })))} as SQSRecord[] });
  expect(log.mock.calls).toEqual([
    ['dc6f7774-9572-41a8-9a6b-9976a98db4a9', 'delivered'],
    ['a175e797-2b54-468b-9850-41a3eab32f74', 'Danke schön, bis später! 👍🏽 你好'],
  ]);
});
`,
  );
}

async function buildTestSynth(app: string): Promise<void> {
  await shell(app, 'npm run build');
  await shell(app, 'npm test');
  const { stdout } = await shell(app, 'npx --no -- cdk synth');
  assert.match(stdout, /AWS::ApiGatewayV2::Api/, 'the receiver is not in the template');
}
