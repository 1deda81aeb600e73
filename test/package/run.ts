import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** A user's app: two receivers in one stack, one with its own queue, and a consumer of their events. */
const app = `
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { KeyRotation, Monitoring, WebhookReceiver } from 'messagemedia-webhook-receiver';

const theirs = new App();
const stack = new Stack(theirs, 'Theirs');
const receiver = new WebhookReceiver(stack, 'Marketing');
new Monitoring(stack, 'Monitoring', { receiver });
new KeyRotation(stack, 'Rotation', { keyring: receiver.keyring, every: Duration.days(30), baseUrl: 'eu' });
new WebhookReceiver(stack, 'Support', { queue: new Queue(stack, 'Own'), callbackPath: '/support' });
theirs.synth();
`;

const forApp = ['aws-cdk-lib', 'constructs', 'typescript', '@types/node', '@aws-sdk/client-s3'];
/** As examples/README.md says. */
const forExamples = [
  'esbuild',
  ...['batch', 'idempotency', 'logger'].map((name) => `@aws-lambda-powertools/${name}`),
  ...['client-dynamodb', 'lib-dynamodb', 'client-secrets-manager', 'client-sns', 'client-sqs'].map(
    (name) => `@aws-sdk/${name}`,
  ),
];

/** The apps in `examples/`, and their stacks. */
const examples = {
  'examples/app.ts': 'MessageMediaConsumer',
  'examples/fan-out/app.ts': 'MessageMediaFanOut',
};

const reader = `
import { readQueuedEvent, type WebhookEvent } from 'messagemedia-webhook-receiver/events';
import { fetchFromS3 } from 'messagemedia-webhook-receiver/events/s3';
import { reverify } from 'messagemedia-webhook-receiver/events/verify';
import { parseKeyring } from 'messagemedia-webhook-receiver/keyring';

export const handle = (message: string, secret: string): WebhookEvent | undefined => {
  const read = readQueuedEvent(message);
  return reverify(read, parseKeyring(secret).keys) ? read.event : undefined;
};
export const fetcher = fetchFromS3;
`;

const tsconfig = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: false,
    outDir: 'out',
    types: ['node'],
    skipLibCheck: false,
  },
  include: ['*.ts'],
};

/** Packs one of the two packages. @param which options of npm that choose it */
async function pack(folder: string, ...which: string[]): Promise<{ filename: string }> {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder, ...which], {
    cwd: root,
    maxBuffer: 2 ** 24,
  });
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n')));
  done(`npm pack: ${packed.filename}, ${packed.files.length} files, ${Math.round(packed.size / 1024)} kB`);
  return packed;
}

/** Installs the project where only events are read: that takes no other package. */
async function checkReader(folder: string, tarball: string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await run('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: folder });
  const { packages } = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8'));
  assert.deepEqual(Object.keys(packages), ['', 'node_modules/messagemedia-webhook-receiver']);
  const entries = ['events', 'events/parse', 'events/verify', 'keyring', 'keyring/cache', 'diagnose'];
  const imports = entries.map((entry) => `import 'messagemedia-webhook-receiver/${entry}';`);
  await run(process.execPath, ['--input-type=module', '--eval', imports.join('\n')], { cwd: folder });
  done('whoever only reads events installs no other package');
}

/** Installs mmw alone, as somebody does who has no copy of the repository. */
async function checkMmw(folder: string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const { filename } = await pack(folder, '--workspace', 'mmw');
  await run('npm', ['install', '--no-audit', '--no-fund', join(folder, filename)], { cwd: folder });
  const { stdout } = await run('npx', ['--no', '--', 'mmw', '--help'], { cwd: folder });
  assert.match(stdout, /^Usage: mmw/);
  done('mmw runs from its own package, without the other');
}

/** Packs the project, installs it in an app as a user would, and checks the result. */
async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'webhooks-package-'));
  try {
    const packed = await pack(folder, '--workspaces=false');

    await checkReader(join(folder, 'reader'), join(folder, packed.filename));

    const { devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const versions = [...forApp, ...forExamples].map((name) => `${name}@${devDependencies[name]}`);
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'theirs', private: true, type: 'module', allowScripts: { esbuild: true } }),
    );
    await run('npm', ['install', '--no-audit', '--no-fund', join(folder, packed.filename), ...versions], {
      cwd: folder,
    });
    done('npm install of the tarball in another CDK app');

    await writeFile(join(folder, 'app.ts'), app);
    await writeFile(join(folder, 'consumer.ts'), reader);
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    await run(process.execPath, ['node_modules/typescript/bin/tsc'], { cwd: folder }).catch(({ stdout: errors }) =>
      assert.fail(errors),
    );
    done('its TypeScript compiles against the types of the package');

    const outdir = join(folder, 'cdk.out');
    await run(process.execPath, ['out/app.js'], { cwd: folder, env: { ...process.env, CDK_OUTDIR: outdir } });
    const template = JSON.parse(await readFile(join(outdir, 'Theirs.template.json'), 'utf8'));
    const resources = Object.values<{ Type: string }>(template.Resources);
    assert.equal(resources.filter(({ Type }) => Type === 'AWS::Lambda::Function').length, 3);
    const manifest = JSON.parse(await readFile(join(outdir, 'Theirs.assets.json'), 'utf8'));
    const assets = Object.values<{ source: { path: string; packaging: string } }>(manifest.files);
    const bundles = assets.filter(({ source }) => source.packaging === 'zip');
    assert.equal(bundles.length, 2);
    for (const { source } of bundles)
      assert.ok(existsSync(join(outdir, source.path, 'index.mjs')), 'a function has no bundle');
    assert.equal(resources.filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Api').length, 2);
    done('it synthesizes: two receivers, a monitor and a rotation in one stack, without esbuild or network');

    await cp(join(folder, 'node_modules/messagemedia-webhook-receiver/examples'), join(folder, 'examples'), {
      recursive: true,
    });
    const path = [join(folder, 'node_modules/.bin'), process.env.PATH].join(delimiter);
    const env = {
      ...process.env,
      PATH: path,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ stack: 'Theirs' }),
    };
    for (const [example, stackName] of Object.entries(examples)) {
      await run(process.execPath, [example], { cwd: folder, env });
      const own = JSON.parse(await readFile(join(outdir, `${stackName}.assets.json`), 'utf8'));
      const bundle = Object.values<(typeof assets)[number]>(own.files).find(({ source }) => source.packaging === 'zip');
      assert.ok(bundle && existsSync(join(outdir, bundle.source.path, 'index.mjs')), `${example} has no bundle`);
      done(`${example}, copied out of the package, finds a stack`);
    }

    const { handle } = await import(join(folder, 'out/consumer.js'));
    assert.throws(() => handle('{}', '{"keys":[]}'));
    done('the reading library runs from the package');
    await checkMmw(join(folder, 'mmw'));
  } finally {
    await rm(folder, { recursive: true });
    for (const dist of ['dist', 'cli/dist']) await rm(join(root, dist), { recursive: true, force: true });
  }
}

function done(what: string): void {
  console.log(`✓ ${what}`);
}

await main();
