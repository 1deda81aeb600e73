import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseKeyring } from '../../lambda/keyring.ts';
import { consume } from '../../sandbox/consumer.ts';
import { type LocalQueue, localCredentials, startQueue } from '../../sandbox/queue.ts';
import { type LocalSecrets, startSecrets } from '../../sandbox/secrets.ts';
import { toWire } from '../../sandbox/sender.ts';
import { httpApiEvent, keyringOf, makeKey } from '../support.ts';

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

test('cdk synth works without account or network, and what it bundles runs as it is', async () => {
  const env = { PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`, HOME: output };
  const cdk = join(root, 'node_modules/aws-cdk/bin/cdk');
  await run(process.execPath, [cdk, 'synth', '--quiet', '--output', output], { cwd: root, env });

  const template = JSON.parse(await readFile(join(output, 'MessageMediaWebhooks.template.json'), 'utf8'));
  const [receiver] = Object.values<{ Type: string; Metadata: Record<string, string> }>(template.Resources).filter(
    ({ Type }) => Type === 'AWS::Lambda::Function',
  );
  const bundle = join(output, receiver?.Metadata['aws:asset:path'] ?? '', 'index.mjs');
  const source = await readFile(bundle, 'utf8');
  // Neither the rest of the credential chain nor a package that Lambda would have to bring.
  expect(source).not.toMatch(/sso-oidc|AssumeRoleWithWebIdentity|credential_process/i);
  const imported = [...source.matchAll(/(?:from|import)\s*\(?"([^"]+)"/g)].map(([, name]) => String(name));
  expect(imported).toContain('node:crypto');
  expect(imported.filter((name) => !isBuiltin(name))).toEqual([]);

  const event = JSON.stringify(httpApiEvent(toWire({ method: 'POST', target: '/messagemedia', body: '{}' }, key)));
  const script = `const { handler } = await import(${JSON.stringify(bundle)});
    console.error(JSON.stringify(await handler(${event}, { awsRequestId: 'i' })));`;
  const { stderr } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    env: {
      QUEUE_URL: queue.queueUrl,
      KEYRING_SECRET_ID: 'keyring',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
      AWS_ENDPOINT_URL_SQS: queue.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    },
  });
  expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({ statusCode: 202 });
  expect(await consume(queue.client, queue.queueUrl, parseKeyring(keyringOf(key)).keys)).toMatchObject([
    { reverified: true },
  ]);
});

test('cdk synth says in one line what is wrong with a setting, and stops', async () => {
  const cdk = join(root, 'node_modules/aws-cdk/bin/cdk');
  const env = { PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`, HOME: output };
  const synth = run(process.execPath, [cdk, 'synth', '--output', join(output, 'wrong'), '-c', 'ordering=lifo'], {
    cwd: root,
    env,
  });
  await expect(synth).rejects.toMatchObject({
    stdout: '',
    stderr: expect.stringMatching(
      /^Setting ordering is "lifo": it must be fifo or standard\.\n.*exited with error 1\n?$/,
    ),
  });
});
