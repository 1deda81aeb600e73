import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

test('a release says in both packages where they come from', () => {
  const { jobs }: Workflow = parseDocument(read('.github/workflows/release.yml')).toJS();
  const run = jobs.build?.steps.find((step) => step.run?.includes('npm pkg set'))?.run ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  try {
    const packages = ['package.json', 'cli/package.json'];
    for (const file of packages) cpSync(join(root, file), join(folder, file), { recursive: true });
    const env = { ...process.env, GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'owner/name' };
    execFileSync('sh', ['-ec', run], { cwd: folder, env });
    const common = { homepage: 'https://github.com/owner/name' };
    const repository = { type: 'git', url: 'git+https://github.com/owner/name.git' };
    const [receiver, mmw] = packages.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
    expect(receiver).toMatchObject({ ...common, repository });
    expect(mmw).toMatchObject({ ...common, repository: { ...repository, directory: 'cli' } });
    // npm refuses to publish a private package.
    expect([receiver.private, mmw.private]).toEqual([undefined, undefined]);
  } finally {
    rmSync(folder, { recursive: true });
  }
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
