import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** This repository, from which the apps get nothing but the packed package. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** As in a terminal of somebody else: npm would pass on this repository's rule about install scripts. */
const { npm_config_strict_allow_scripts: _, ...environment } = process.env;

/**
 * Runs a command line in a folder, with Node 24. npm asks the registry only for what it has not.
 *
 * @throws with all that the command printed, if it fails
 */
export async function shell(folder: string, line: string): Promise<{ stdout: string; stderr: string }> {
  const env = {
    ...environment,
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  };
  return promisify(execFile)('sh', ['-ec', line], { cwd: folder, env, maxBuffer: 2 ** 26 }).catch((error) => {
    throw new Error(`${line} failed in ${folder}:\n${error.stdout}\n${error.stderr}`);
  });
}

export function done(what: string): void {
  console.log(`✓ ${what}`);
}

/** The versions of what an app has, of the packages that decide whether ours works in it. */
export function versionsIn(app: string): string {
  const installed = [
    'aws-cdk-lib',
    'constructs',
    'aws-cdk',
    'typescript',
    'jest',
    'ts-jest',
    '@swc/jest',
    'tsx',
    'ts-node',
  ];
  const versions = installed.flatMap((name) => {
    const file = join(app, 'node_modules', name, 'package.json');
    return existsSync(file) ? `${name} ${JSON.parse(readFileSync(file, 'utf8')).version}` : [];
  });
  return [...versions, `Node ${process.versions.node}`].join(', ');
}

/** The pieces of a page that are in one language, without their indentation. */
export function piecesOf(page: string, language: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  const pieces = [...text.matchAll(/^( *)```(\w+)\n(.*?)^\1```$/gms)];
  return pieces.flatMap(([, indent, found, code = '']) =>
    found === language ? code.replaceAll(new RegExp(`^${indent}`, 'gm'), '') : [],
  );
}
