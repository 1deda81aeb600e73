import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { isScalar, parseDocument, visit } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(`${root}/${file}`, 'utf8');

type Permissions = Record<string, string> | string;

interface Workflow {
  permissions?: Permissions;
  jobs: Record<string, { permissions?: Permissions; steps: { run?: string; uses?: string }[] }>;
}

const workflows = globSync('.github/workflows/*', { cwd: root }).sort();

test.each(workflows)('%s takes every action at a commit, and says which version that is', (file) => {
  const loose: string[] = [];
  visit(parseDocument(read(file)), {
    Pair(_, { key, value }) {
      if (!isScalar(key) || key.value !== 'uses' || !isScalar(value)) return;
      const isPinned = /^[\w.-]+(\/[\w.-]+)+@[0-9a-f]{40}$/.test(String(value.value));
      if (!isPinned || !/^ v\d+\.\d+\.\d+$/.test(value.comment ?? ''))
        loose.push(`${value.value} #${value.comment ?? ''}`);
    },
  });
  expect(loose).toEqual([]);
});

test.each(workflows)('%s may only read, but for the jobs that are known to write', (file) => {
  const { permissions, jobs }: Workflow = parseDocument(read(file)).toJS();
  expect(permissions).toEqual({ contents: 'read' });
  const writes = Object.entries(jobs).flatMap(([job, { permissions: own = {} }]) =>
    Object.entries(own)
      .filter(([, right]) => right !== 'read')
      .map(([name, right]) => `${job}: ${name} ${right}`),
  );
  const known: Record<string, string[]> = {
    '.github/workflows/release.yml': [
      'publish: id-token write',
      'publish: attestations write',
      'github-release: contents write',
    ],
    '.github/workflows/scorecard.yml': ['scorecard: security-events write', 'scorecard: id-token write'],
  };
  expect(writes).toEqual(known[file] ?? []);
});

test('no job that may write installs a package or runs a script of the project', () => {
  const steps = workflows.flatMap((file) => {
    const { jobs }: Workflow = parseDocument(read(file)).toJS();
    const writing = Object.values(jobs).filter((job) => Object.values(job.permissions ?? {}).includes('write'));
    return writing.flatMap((job) => job.steps.flatMap(({ run }) => run ?? []));
  });
  const publish = expect.stringMatching(/^npm publish \.\//);
  expect(steps).toEqual([publish, publish, expect.stringMatching(/^gh release create /)]);
});

test('the packages with install scripts are those that package.json names, whichever npm installs them', () => {
  const { packages }: { packages: Record<string, { hasInstallScript?: boolean }> } = JSON.parse(
    read('package-lock.json'),
  );
  const withScript = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  const { allowScripts }: { allowScripts: Record<string, boolean> } = JSON.parse(read('package.json'));
  expect([...new Set(withScript)].sort()).toEqual(Object.keys(allowScripts).sort());
  expect(read('.npmrc')).toMatch(/^strict-allow-scripts=true$/m);
});

test('mmw has the version of the project, and shares every package with it', () => {
  const { packages }: { packages: Record<string, unknown> } = JSON.parse(read('package-lock.json'));
  expect(JSON.parse(read('cli/package.json')).version).toBe(JSON.parse(read('package.json')).version);
  expect(Object.keys(packages).filter((path) => path.startsWith('cli/node_modules/'))).toEqual([]);
});
