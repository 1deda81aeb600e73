import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { account, type Ministack, toolEnvironment } from './ministack.ts';
import type { Programs } from './programs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Name of the stack in bin/app.ts. */
export const stackName = 'MessageMediaWebhooks';

/** The CDK's own command line, with the project's own app. */
export interface Cdk {
  bootstrap(): Promise<void>;
  /** @param settings given as `-c name=value` @returns the stack's outputs by name */
  deploy(settings?: Record<string, string>): Promise<Record<string, string>>;
  destroy(): Promise<void>;
  /** Makes a stack of existing resources. @param mapping by logical id, their ids as CloudFormation names them */
  import(mapping: Record<string, Record<string, string>>, settings: Record<string, string>): Promise<void>;
  /** Deploys an app of `examples/` beside the stack, as its page says. @param app its file @returns its outputs by name */
  deployExample(app: string, settings?: Record<string, string>): Promise<Record<string, string>>;
  /** @param app its file */
  destroyExample(app: string): Promise<void>;
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
    // The CDK's command and library take seconds to compile.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    ...toolEnvironment(ministack),
    NO_COLOR: '1',
  };
  const run = (...args: string[]) =>
    programs.run({ file: 'cdk', args: [...args, '--ci', '--output', join(folder, 'cdk.out')], env, cwd: root, log });
  const example = (app: string) => ['--app', `node ${app}`, '-c', `stack=${stackName}`];
  const contextOf = (settings: Record<string, string>) =>
    Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const deploy = async (settings: Record<string, string>, ...options: string[]) => {
    const quietly = ['--require-approval', 'never', '--progress', 'events'];
    await run('deploy', ...options, ...contextOf(settings), ...quietly, '--outputs-file', outputs);
    const [ofStack = {}] = Object.values<Record<string, string>>(JSON.parse(await readFile(outputs, 'utf8')));
    return ofStack;
  };
  return {
    bootstrap: () => run('bootstrap', `aws://${account.id}/${account.region}`),
    deploy: (settings = {}) => deploy(settings),
    destroy: () => run('destroy', '--force', '--progress', 'events'),
    import: async (mapping, settings) => {
      const file = join(folder, 'resources.json');
      await writeFile(file, JSON.stringify(mapping));
      await run('import', '--force', '--resource-mapping', file, ...contextOf(settings));
    },
    deployExample: (app, settings = {}) => deploy(settings, ...example(app)),
    destroyExample: (app) => run('destroy', ...example(app), '--force', '--progress', 'events'),
  };
}
