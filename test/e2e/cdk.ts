import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { App } from 'aws-cdk-lib';
import { readSettings } from '../../lib/settings/read-settings.ts';
import { WebhookStack } from '../../lib/webhook-stack.ts';
import { deleteStack, deployAssembly, outputsOf } from './deployment.ts';
import { account, type Ministack, toolEnvironment } from './ministack.ts';
import type { Programs } from './programs.ts';
import type { Clients } from './stack.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Name of the stack in bin/app.ts. */
export const stackName = 'MessageMediaWebhooks';

/** Context of an app. */
export type Settings = Readonly<Record<string, string>>;

/** Deploys the project's own app, and those in `examples/`. */
export interface Cdk {
  /** `cdk bootstrap` */
  bootstrap(): Promise<void>;
  /** `cdk deploy` without settings, as the README says. @returns the stack's outputs by name */
  deploy(): Promise<Record<string, string>>;
  /** What `cdk deploy -c name=value …` does, without its process. @returns the stack's outputs by name */
  update(settings: Settings): Promise<Record<string, string>>;
  /** `cdk import` makes a stack of existing resources. @param mapping by logical id, their ids as CloudFormation names them */
  import(mapping: Record<string, Record<string, string>>, settings: Settings): Promise<void>;
  /** Deploys an app of `examples/` beside the stack. @param app its file @returns its outputs by name */
  deployExample(app: string, settings?: Settings): Promise<Record<string, string>>;
  /** The commands of docs/without-cdk.md. @returns the stack's outputs by name */
  deployWithoutCdk(): Promise<Record<string, string>>;
  /** @param name of a stack */
  destroy(name?: string): Promise<void>;
}

/** What deployments need. */
export interface CdkOptions {
  programs: Programs;
  ministack: Ministack;
  clients: Clients;
  python: string;
  /** Folder for everything it writes. */
  folder: string;
  path: string;
  log: string;
}

export async function createCdk(options: CdkOptions): Promise<Cdk> {
  const { programs, ministack, clients, python, folder, path, log } = options;
  const { context: flags } = JSON.parse(await readFile(join(root, 'cdk.json'), 'utf8'));
  const env = {
    PATH: path,
    HOME: folder,
    TMPDIR: folder,
    // The CDK's command and library take seconds to compile.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    ...toolEnvironment(ministack),
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    NO_COLOR: '1',
  };
  const outdir = () => mkdtemp(join(folder, 'cdk.out-'));
  const command = async (cwd: string, ...args: string[]) =>
    programs.run({ file: 'cdk', args: [...args, '--ci', '--output', await outdir()], env, cwd, log });
  const synthesize = async (settings: Settings) => {
    const context = { ...flags, ...settings };
    const app = new App({ outdir: await outdir(), context, builtinCloudFormationValidation: false });
    const read = readSettings(app.node);
    new WebhookStack(app, read.stackName, { settings: read });
    return app.synth().directory;
  };
  return {
    // Elsewhere than the app, which would be synthesized for nothing.
    bootstrap: () => command(folder, 'bootstrap', '--no-notices', `aws://${account.id}/${account.region}`),
    deploy: async () => {
      const outputs = join(folder, 'outputs.json');
      await command(root, 'deploy', '--require-approval', 'never', '--progress', 'events', '--outputs-file', outputs);
      return JSON.parse(await readFile(outputs, 'utf8'))[stackName];
    },
    update: async (settings) => deployAssembly(clients, await synthesize(settings), python),
    import: async (mapping, settings) => {
      const file = join(folder, 'resources.json');
      await writeFile(file, JSON.stringify(mapping));
      await command(root, 'import', '--app', await synthesize(settings), '--force', '--resource-mapping', file);
    },
    deployExample: async (app, settings = {}) => {
      const assembly = await outdir();
      const context = JSON.stringify({ ...flags, stack: stackName, ...settings });
      const appEnv = { ...env, CDK_OUTDIR: assembly, CDK_CONTEXT_JSON: context };
      await programs.run({ file: process.execPath, args: [app], env: appEnv, cwd: root, log });
      return deployAssembly(clients, assembly, python);
    },
    deployWithoutCdk: async () => {
      const context = { CDK_OUTDIR: await outdir(), CDK_CONTEXT_JSON: JSON.stringify(flags) };
      const template = [join(root, 'bin/template.ts')];
      await programs.run({ file: process.execPath, args: template, env: { ...env, ...context }, cwd: folder, log });
      const bucket = ['--s3-bucket', 'code-of-functions'];
      await clients.s3.send(new CreateBucketCommand({ Bucket: bucket[1] }));
      const file = join(dirname(python), 'aws');
      const aws = (...args: string[]) =>
        programs.run({
          ...{ file, args: ['cloudformation', ...args, ...bucket], cwd: folder, log },
          env: { ...env, AWS_CA_BUNDLE: ministack.certificate, AWS_DEFAULT_REGION: account.region },
        });
      const packaged = 'packaged.yaml';
      await aws('package', '--template-file', 'dist/template/template.json', '--output-template-file', packaged);
      const capabilities = ['--capabilities', 'CAPABILITY_IAM'];
      await aws('deploy', '--template-file', packaged, '--stack-name', stackName, ...capabilities);
      return outputsOf(clients, stackName);
    },
    destroy: (name = stackName) => deleteStack(clients, name),
  };
}
