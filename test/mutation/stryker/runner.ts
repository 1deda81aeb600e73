import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Circus } from '@jest/types';
import type { StrykerOptions } from '@stryker-mutator/api/core';
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import {
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { getState, resetState } from 'jest-circus';

/** The variables that Stryker's instrumented code reads and writes. */
interface Instrumenter {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: { static: Record<string, number>; perTest: Record<string, Record<string, number>> };
}

const instrumenter: Instrumenter = {};
Object.assign(globalThis, { __stryker__: instrumenter });

const globals = new URL('../../globals.ts', import.meta.url).href;

/** Counts loads. Our own modules get the count as a query, so that each load evaluates them again. Packages stay loaded. */
let load = 0;
let sandbox = '';
registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@jest/globals') return next(globals, context);
    const resolved = next(specifier, context);
    const isOurs = sandbox !== '' && resolved.url.startsWith(sandbox) && !resolved.url.includes('/node_modules/');
    return isOurs ? { ...resolved, url: `${resolved.url}?load=${load}` } : resolved;
  },
});

/** The `id` is the test's place in its file, because a name may contain values that change with each load. */
type Test = Circus.TestEntry & { id: string };

/**
 * Runs Jest's tests in one process. It switches each mutant on and off in loaded code. Only a mutant in code that runs while
 * a module loads needs another load. Stryker's own runner for Jest loads each test again for each mutant,
 * and took four minutes for `lambda/json.ts` alone: five times as much of the processor.
 */
class InProcessRunner implements TestRunner {
  static inject = tokens(commonTokens.options);
  private readonly files: string[];
  private tests: Test[] = [];
  /** Milliseconds that each test takes. Cheap tests run first, because one that fails is enough. */
  private readonly costs = new Map<string, number>();
  /** Blocks whose `beforeAll` is done. */
  private readonly begun = new Set<Circus.DescribeBlock>();
  /** Whether nothing is loaded yet, or a mutant was on during the load. */
  private isTainted = true;
  private strayError: unknown;

  constructor(options: StrykerOptions) {
    this.files = (options as StrykerOptions & { inProcess: { testFiles: string[] } }).inProcess.testFiles;
    process.on('unhandledRejection', (error) => {
      this.strayError = error ?? new Error('rejected with nothing');
    });
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun(): Promise<DryRunResult> {
    await this.load();
    const tests = await this.run(this.tests, false);
    for (const { id, timeSpentMs } of tests) this.costs.set(id, timeSpentMs);
    this.isTainted = false;
    const { mutantCoverage } = instrumenter;
    return { status: DryRunStatus.Complete, tests, ...(mutantCoverage && { mutantCoverage }) };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const result = await this.runWith(options);
    const failed = this.firstFailed(result);
    if (failed === undefined || !(await this.failsWithout([failed]))) return toMutantRunResult(result);
    // A test that also fails without the mutant has not found it: earlier tests have left something behind.
    await this.load();
    const again = await this.runWith(options);
    if (this.firstFailed(again) === undefined) return toMutantRunResult(again);
    await this.load();
    this.isTainted = false;
    if (!(await this.failsWithout(this.inOrder(options)))) return toMutantRunResult(again);
    const errorMessage = `${nameOf(failed)} fails without the mutant too: it needs the tests before it, or cannot run twice`;
    return { status: MutantRunStatus.Error, errorMessage };
  }

  private firstFailed(result: DryRunResult): Test | undefined {
    if (result.status !== DryRunStatus.Complete) return undefined;
    return this.tests.find(({ id }) => result.tests.some((test) => test.id === id && isFailed(test)));
  }

  /** Cheap tests first. */
  private inOrder({ testFilter }: Pick<MutantRunOptions, 'testFilter'>): Test[] {
    return this.tests
      .filter(({ id }) => testFilter?.includes(id) ?? true)
      .toSorted((one, other) => (this.costs.get(one.id) ?? 0) - (this.costs.get(other.id) ?? 0));
  }

  private async runWith({ activeMutant, mutantActivation, ...options }: MutantRunOptions) {
    // Stryker's own limit is a hundred times what tests need. That is too much for tests that loop a lot, and too little
    // for the others.
    const hitLimit = options.hitLimit && Math.max(10_000, options.hitLimit / 20);
    const isStatic = mutantActivation === 'static';
    let result: DryRunResult;
    try {
      if (isStatic) this.activate(activeMutant.id, hitLimit);
      if (isStatic || options.reloadEnvironment || this.isTainted) await this.load();
      this.isTainted = isStatic;
      this.activate(activeMutant.id, hitLimit);
      result = { status: DryRunStatus.Complete, tests: await this.run(this.inOrder(options), true) };
    } catch (error) {
      // Code that cannot be loaded fails every test that would use it.
      const common = { id: 'load', name: 'load', timeSpentMs: 0, status: TestStatus.Failed } as const;
      result = { status: DryRunStatus.Complete, tests: [{ ...common, failureMessage: String(error) }] };
    }
    result = determineHitLimitReached(instrumenter.hitCount, hitLimit) ?? result;
    this.activate(undefined, undefined);
    return result;
  }

  private async failsWithout(tests: readonly Test[]): Promise<boolean> {
    if (this.isTainted) {
      await this.load();
      this.isTainted = false;
    }
    const ids = tests.map(({ id }) => id);
    const again = ids.flatMap((id) => this.tests.filter((test) => test.id === id));
    return (await this.run(again, true)).some(isFailed);
  }

  async dispose(): Promise<void> {
    await this.end();
  }

  private activate(mutant: string | undefined, hitLimit: number | undefined): void {
    Object.assign(instrumenter, { activeMutant: mutant, hitLimit, hitCount: hitLimit === undefined ? undefined : 0 });
  }

  private async load(): Promise<void> {
    await this.end();
    load++;
    sandbox = pathToFileURL(`${process.cwd()}/`).href;
    this.isTainted = true;
    this.tests = [];
    for (const file of this.files) {
      resetState();
      await import(pathToFileURL(join(process.cwd(), file)).href);
      const found = testsIn(getState().rootDescribeBlock);
      this.tests.push(...found.map((test, index) => Object.assign(test, { id: `${file} ${index}` })));
    }
  }

  private async run(tests: readonly Test[], bail: boolean): Promise<TestResult[]> {
    const results: TestResult[] = [];
    for (const test of tests) {
      const { id } = test;
      const start = performance.now();
      instrumenter.currentTestId = undefined;
      const error = await this.runOne(test).then(
        () => undefined,
        (thrown: unknown) => thrown ?? new Error('nothing was thrown'),
      );
      instrumenter.currentTestId = undefined;
      const common = { id, name: nameOf(test), timeSpentMs: performance.now() - start };
      if (error === undefined) results.push({ ...common, status: TestStatus.Success });
      else results.push({ ...common, status: TestStatus.Failed, failureMessage: String(error) });
      if (error !== undefined && bail) break;
    }
    return results;
  }

  private async runOne(test: Test): Promise<void> {
    const blocks = blocksAround(test);
    for (const block of blocks) {
      if (this.begun.has(block)) continue;
      await callHooks(block, 'beforeAll');
      this.begun.add(block);
    }
    instrumenter.currentTestId = test.id;
    this.strayError = undefined;
    try {
      for (const block of blocks) await callHooks(block, 'beforeEach');
      await call(test.fn, test.timeout);
    } finally {
      for (const block of blocks.toReversed()) await callHooks(block, 'afterEach');
    }
    if (this.strayError !== undefined) throw this.strayError;
  }

  private async end(): Promise<void> {
    for (const block of this.begun) await callHooks(block, 'afterAll').catch(() => {});
    this.begun.clear();
  }
}

function isFailed({ status }: TestResult): boolean {
  return status === TestStatus.Failed;
}

function testsIn(block: Circus.DescribeBlock): Circus.TestEntry[] {
  return block.children.flatMap((child) => (child.type === 'test' ? [child] : testsIn(child)));
}

/** From the outermost block to the test's own. */
function blocksAround({ parent }: Circus.TestEntry): Circus.DescribeBlock[] {
  const blocks: Circus.DescribeBlock[] = [];
  for (let block: Circus.DescribeBlock | undefined = parent; block; block = block.parent) blocks.unshift(block);
  return blocks;
}

function nameOf(test: Circus.TestEntry): string {
  return [...blocksAround(test).slice(1), test].map(({ name }) => name).join(' ');
}

async function callHooks(block: Circus.DescribeBlock, type: Circus.HookType): Promise<void> {
  for (const hook of block.hooks) if (hook.type === type) await call(hook.fn, hook.timeout);
}

async function call(fn: Circus.TestFn | Circus.HookFn, timeout: number | null | undefined): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('took too long')), timeout ?? 30_000);
  try {
    await Promise.race([Reflect.apply(fn, {}, []), promise]);
  } finally {
    clearTimeout(timer);
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner)];
