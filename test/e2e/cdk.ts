import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { account, type Ministack, toolEnvironment } from './ministack.ts';
import type { Programs } from './programs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Name of the stack in bin/app.ts. */
export const stackName = 'MessageMediaWebhooks';

/** Name of the stack in examples/app.ts. */
export const consumerStackName = 'MessageMediaConsumer';

/** The CDK's own command line, with the project's own app. */
export interface Cdk {
  bootstrap(): Promise<void>;
  /** @param settings given as `-c name=value` @param project folder of another version to deploy @returns the stack's outputs by name */
  deploy(settings?: Record<string, string>, project?: string): Promise<Record<string, string>>;
  /** Deploys another app of the project with one stack. @param app its file @returns the stack's outputs by name */
  deployApp(app: string, settings: Record<string, string>): Promise<Record<string, string>>;
  destroy(): Promise<void>;
  /** Deploys examples/app.ts, as examples/README.md says. */
  deployConsumer(): Promise<void>;
  destroyConsumer(): Promise<void>;
}

/** Options of the command line. */
export interface CdkOptions {
  programs: Programs;
  ministack: Ministack;
  /** Folder for everything it writes. */
  folder: string;
  path: string;
  log: string;
}

export function createCdk({ programs, ministack, folder, path, log }: CdkOptions): Cdk {
  const outputs = join(folder, 'outputs.json');
  const env = {
    PATH: path,
    HOME: folder,
    TMPDIR: folder,
    ...toolEnvironment(ministack),
    NO_COLOR: '1',
  };
  const runIn = (cwd: string, ...args: string[]) =>
    programs.run({ file: 'cdk', args: [...args, '--ci', '--output', join(folder, 'cdk.out')], env, cwd, log });
  const run = (...args: string[]) => runIn(root, ...args);
  const example = ['--app', 'node examples/app.ts', '-c', `stack=${stackName}`];
  const quietly = ['--require-approval', 'never', '--progress', 'events'];
  const deploy = async (
    project: string,
    settings: Record<string, string>,
    ...options: string[]
  ): Promise<Record<string, Record<string, string>>> => {
    const context = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    await runIn(project, 'deploy', ...options, ...context, ...quietly, '--outputs-file', outputs);
    return JSON.parse(await readFile(outputs, 'utf8'));
  };
  return {
    bootstrap: () => run('bootstrap', `aws://${account.id}/${account.region}`),
    deploy: async (settings = {}, project = root) => (await deploy(project, settings))[stackName] ?? {},
    deployApp: async (app, settings) => Object.values(await deploy(root, settings, '--app', `node ${app}`))[0] ?? {},
    destroy: () => run('destroy', '--force', '--progress', 'events'),
    deployConsumer: () => run('deploy', ...example, ...quietly),
    destroyConsumer: () => run('destroy', ...example, '--force', '--progress', 'events'),
  };
}
