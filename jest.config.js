import { availableParallelism } from 'node:os';

export default {
  testEnvironment: 'node',
  // Many tests wait, for a server, a clock or a process.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': './test/strip-types.js' },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/dist', '<rootDir>/cli/dist', '<rootDir>/.stryker-tmp'],
  testTimeout: 120_000,
  testEnvironmentOptions: { customExportConditions: ['messagemedia-source', 'node', 'node-addons'] },
};
