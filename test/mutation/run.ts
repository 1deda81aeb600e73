import { execFileSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { changedLines } from './changed-lines.ts';
import { isCore, testsOf } from './tests.ts';

/** What is needed of Stryker's result for one change. */
interface MutantResult {
  fileName: string;
  location: { start: { line: number } };
  mutatorName: string;
  status: string;
  statusReason?: string;
}

/** Least score of all code outside of the pure core together, in per cent of its mutants. */
const leastScore = 95;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { changed: { type: 'boolean', default: false }, minutes: { type: 'string', default: '600' } },
});
const end = Date.now() + Number(values.minutes) * 60_000;
const sources = globSync('{diagnosis,lambda}/**/*.ts').toSorted();
const isWanted = (file: string) => positionals.length === 0 || positionals.some((path) => file.startsWith(path));
const changed = values.changed ? changedLines(sources) : [];
if (changed === undefined) console.log('Nothing to compare with: there is neither another main nor an earlier commit');
/** What to mutate in each file: all of it, or some lines. The core comes first, because time may run out. */
const targets = (values.changed ? (changed ?? []) : sources.filter(isWanted).map((file) => [file])).toSorted(
  (one, other) => Number(isCore(fileOf(other))) - Number(isCore(fileOf(one))),
);

const results: MutantResult[] = [];
const late: string[] = [];
const failed: string[] = [];
const breakLines = targets.length > 0 ? await prepare() : undefined;
for (const lines of targets) {
  if (Date.now() > end) late.push(...lines);
  else await mutate(lines);
}

const byFile = Object.groupBy(results, ({ fileName }) => relative('.', fileName));
if (results.length === 0) console.log('No line to break');
else console.table(Object.fromEntries(Object.entries(byFile).map(([file, of = []]) => [file, summary(of)])));
if (late.length > 0) console.log(`Not started within ${values.minutes} minutes: ${late.join(' ')}`);

const inCore = (result: MutantResult) => isCore(relative('.', result.fileName));
const faults = [
  ...failed,
  ...results
    .filter((result) => inCore(result) && isAlive(result))
    .map((result) => `survives in the core: ${where(result)}`),
  ...results
    .filter(({ statusReason }) => statusReason === 'Ignored using a comment')
    .map((result) => `ignored without a reason: ${where(result)}`),
  ...results.filter(({ status }) => status === 'RuntimeError').map((result) => `not tested: ${where(result)}`),
];
const rest = results.filter((result) => !inCore(result));
// A few lines have too few mutants for a score.
if (!values.changed && score(rest) < leastScore)
  faults.push(`the score outside of the core is ${score(rest).toFixed(1)}, and must be ${leastScore}`);
if (faults.length > 0) {
  console.error(`${faults.join('\n')}\nWrite a test that kills the mutant, or remove the code that no test needs.`);
  process.exitCode = 1;
}

/** Installs Stryker where that was not done, and checks the types of what uses it. */
async function prepare(): Promise<(lines: string[], testFiles: string[]) => Promise<MutantResult[]>> {
  const folder = 'test/mutation/stryker';
  if (!existsSync(`${folder}/node_modules`)) execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder });
  execFileSync('tsc', ['-p', folder], { stdio: 'inherit' });
  // By its address, because without Stryker its types cannot be checked.
  return (await import(pathToFileURL(`${folder}/break.ts`).href)).breakLines;
}

async function mutate(lines: string[]): Promise<void> {
  const testFiles = globSync(testsOf(fileOf(lines)));
  console.log(`\n${lines.join(' ')} by ${testFiles.join(' ')}`);
  try {
    results.push(...((await breakLines?.(lines, testFiles)) ?? []));
  } catch (error) {
    failed.push(`not tested: ${fileOf(lines)}: ${error}`);
  }
}

function fileOf([lines = '']: string[]): string {
  return lines.replace(/:.*/, '');
}

function isAlive({ status }: MutantResult): boolean {
  return status === 'Survived' || status === 'NoCoverage';
}

function isKilled({ status }: MutantResult): boolean {
  return status === 'Killed' || status === 'Timeout';
}

function score(of: MutantResult[]): number {
  const killed = of.filter(isKilled).length;
  const alive = of.filter(isAlive).length;
  return killed + alive === 0 ? 100 : (100 * killed) / (killed + alive);
}

function summary(of: MutantResult[]) {
  const ignored = of.filter(({ status }) => status === 'Ignored').length;
  return { score: score(of).toFixed(1), killed: of.filter(isKilled).length, alive: of.filter(isAlive).length, ignored };
}

function where({ fileName, location, mutatorName }: MutantResult): string {
  return `${relative('.', fileName)}:${location.start.line} ${mutatorName}`;
}
