import { availableParallelism } from 'node:os';

export default {
  // Without the isolation of Jest's own runner, which loads every package again for every file: half of the processor's time.
  runner: 'jest-light-runner',
  setupFiles: ['<rootDir>/test/setup.ts'],
  // Node itself takes the types away.
  transform: {},
  // Many tests wait, for a server, a clock or a process.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/dist', '<rootDir>/cli/dist', '<rootDir>/.stryker-tmp'],
};
