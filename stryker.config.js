/** What `npm run mutation` and Stryker itself start from; test/mutation/run.ts adds the file and the tests that are for it. */
export default {
  testRunner: 'in-process',
  plugins: ['./test/mutation/stryker/runner.ts'],
  testRunnerNodeArgs: ['--import=./test/own-package.js', '--disable-warning=ExperimentalWarning'],
  coverageAnalysis: 'perTest',
  // TypeScript 7 has no API that could rewrite it, and nothing in it would change.
  tsconfigFile: 'none',
  // An endless loop is found by counting: what merely waits for the processor must not pass for killed.
  timeoutMS: 60_000,
  concurrency: 1,
  ignorePatterns: ['docs', 'examples', 'bench', 'dist', 'cdk.out', '.venv'],
  reporters: ['clear-text'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: false },
  logLevel: 'warn',
  warnings: { unknownOptions: false },
};
