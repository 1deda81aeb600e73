import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { parseKeyring } from '../../lambda/keys/keyring.ts';
import { bundle, loadedAtStart } from '../../lib/bundle.ts';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { type LocalSecrets, startSecrets } from '../../sandbox/aws/secrets.ts';
import { consume } from '../../sandbox/consumer.ts';
import { toWire } from '../../signing/sender.ts';
import { startFirehose, streamNames } from '../firehose.ts';
import { httpApiEvent, keyringOf, makeKey, receiverEnvironment } from '../support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const key = makeKey();

let output: string;
let queue: LocalQueue;
let secrets: LocalSecrets;
beforeAll(async () => {
  output = await mkdtemp(join(tmpdir(), 'webhooks-'));
  [queue, secrets] = await Promise.all([startQueue(), startSecrets()]);
  secrets.put('keyring', keyringOf(key));
});
afterAll(() => Promise.all([queue.close(), secrets.close(), rm(output, { recursive: true })]));

const rotationEnvironment = () => ({
  ...receiverEnvironment(queue, secrets),
  API_CREDENTIALS_SECRET_ID: 'credentials',
  MESSAGEMEDIA_BASE_URL: 'messagemedia',
  SIGNATURE_DIGEST: 'SHA256',
});

/** The bundle's file for the function whose logical id begins like this. */
async function bundleOf(logicalId: string): Promise<string> {
  const template = JSON.parse(await readFile(join(output, 'MessageMediaWebhooks.template.json'), 'utf8'));
  const resources = Object.entries<{ Metadata: Record<string, string> }>(template.Resources);
  const [, resource] = resources.find(([id]) => id.startsWith(logicalId)) ?? [];
  return join(output, resource?.Metadata['aws:asset:path'] ?? '', 'index.mjs');
}

/** Runs a bundle's handler in a new Node process, without any installed packages. */
async function invoke(bundle: string, event: unknown, env: Record<string, string>): Promise<unknown> {
  const script = `const { handler } = await import(${JSON.stringify(bundle)});
    const answer = await handler(${JSON.stringify(event)}, { awsRequestId: 'i' });
    console.error(JSON.stringify(answer ?? null));`;
  const { stderr } = await run(process.execPath, ['--input-type=module', '--eval', script], { env });
  return JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
}

/** The bundle has neither the rest of the credential chain nor an import of a package that Lambda would have to provide. */
async function expectSelfContained(bundle: string): Promise<void> {
  const source = await readFile(bundle, 'utf8');
  expect(source).not.toMatch(/sso-oidc|AssumeRoleWithWebIdentity|credential_process/i);
  // Bundling it again, in a folder without packages, fails on any import that is not part of Node.
  await build({
    entryPoints: [bundle],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    logLevel: 'silent',
  });
}

test('cdk synth works without account or network, and what it bundles runs as it is', async () => {
  const env = { PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`, HOME: output };
  const cdk = join(root, 'node_modules/aws-cdk/bin/cdk');
  const settings = ['rotationDays=30', 'reconcileMinutes=15', 'archiveDays=400'];
  await run(
    process.execPath,
    [cdk, 'synth', '--quiet', '--output', output, ...settings.flatMap((setting) => ['-c', setting])],
    {
      cwd: root,
      env,
    },
  );

  const receiver = await bundleOf('ReceiverFunctionHandlerFunction');
  await expectSelfContained(receiver);
  const firehose = await startFirehose();
  const environment = {
    ...receiverEnvironment(queue, secrets),
    ARCHIVE_STREAMS: streamNames,
    ARCHIVE_QUEUE_URL: queue.queueUrl,
    AWS_ENDPOINT_URL_FIREHOSE: firehose.url,
  };
  const event = httpApiEvent(toWire({ method: 'POST', target: '/messagemedia', body: '{}' }, key));
  expect(await invoke(receiver, event, environment)).toMatchObject({ statusCode: 202 });
  const events = await consume(queue.client, queue.queueUrl, parseKeyring(keyringOf(key)).keys);
  expect(events).toMatchObject([{ reverified: true }]);
  expect([...firehose.records.values()].flat()).toHaveLength(1);
  await firehose.close();

  const archive = await bundleOf('ArchiveFunctionHandlerFunction');
  await expectSelfContained(archive);
  const archiveEnvironment = { ...receiverEnvironment(queue, secrets), AWS_ENDPOINT_URL_S3: queue.url };
  const buckets = { ARCHIVE_BUCKET: queue.overflowBucket, OVERFLOW_BUCKET: queue.overflowBucket };
  expect(await invoke(archive, {}, { ...archiveEnvironment, ...buckets })).toBeNull();

  const rotation = await bundleOf('RotationRotateFunction');
  await expectSelfContained(rotation);
  const trial = { Step: 'testSecret', SecretId: 'keyring', ClientRequestToken: secrets.startRotation('keyring') };
  expect(await invoke(rotation, trial, rotationEnvironment())).toBeNull();

  const reconciliation = await bundleOf('ReconciliationReconcileFunction');
  await expectSelfContained(reconciliation);
  secrets.put('credentials', '{"api_key":"","api_secret":""}');
  await expect(
    invoke(
      reconciliation,
      {},
      {
        ...rotationEnvironment(),
        KEYRING_SECRET_ID: 'keyring',
        RECONCILE_LOG_GROUPS: 'log',
        RECONCILE_LOG_DAYS: '30',
        RECONCILE_STACK: 'S',
      },
    ),
  ).rejects.toMatchObject({ stderr: expect.stringContaining('Secret credentials must hold {"api_key"') });
});

test('nobody without an archive pays for its client, or for that of S3, before the first request', () => {
  const inputs = loadedAtStart(bundle('handler', join(output, 'handler'))).flatMap((file) => Object.keys(file.inputs));
  expect(inputs.filter((input) => /client-(firehose|s3)|lambda\/archive\//.test(input))).toEqual([]);
  expect(inputs.filter((input) => input.includes('client-sqs'))).not.toEqual([]);
});

test('the app says in one line what is wrong with a setting, and stops', async () => {
  const CDK_CONTEXT_JSON = JSON.stringify({ ordering: 'lifo' });
  const app = run(process.execPath, ['bin/app.ts'], { cwd: root, env: { CDK_OUTDIR: output, CDK_CONTEXT_JSON } });
  const stderr = 'Setting ordering is "lifo": it must be fifo or standard.\n';
  await expect(app).rejects.toMatchObject({ code: 1, stdout: '', stderr });
});
