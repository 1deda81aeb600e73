import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { account, type Ministack } from './ministack.ts';
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
}

/** What the command line runs with. */
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
    AWS_ENDPOINT_URL: ministack.url,
    AWS_REGION: account.region,
    AWS_ACCESS_KEY_ID: account.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: account.credentials.secretAccessKey,
    NODE_EXTRA_CA_CERTS: ministack.certificate,
    NO_COLOR: '1',
  };
  const run = (...args: string[]) =>
    programs.run({ file: 'cdk', args: [...args, '--ci', '--output', join(folder, 'cdk.out')], env, cwd: root, log });
  return {
    bootstrap: () => run('bootstrap', `aws://${account.id}/${account.region}`),
    deploy: async (settings = {}) => {
      const context = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      await run('deploy', ...context, '--require-approval', 'never', '--progress', 'events', '--outputs-file', outputs);
      return JSON.parse(await readFile(outputs, 'utf8'))[stackName];
    },
    destroy: () => run('destroy', '--force', '--progress', 'events'),
  };
}
