import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const { compilerOptions } = JSON.parse(readFileSync(new URL('tsconfig.json', import.meta.url), 'utf8'));

export default {
  testEnvironment: 'node',
  // Many tests wait, for a server, a clock or a process.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': './test/strip-types.js' },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/dist', '<rootDir>/cli/dist', '<rootDir>/.stryker-tmp'],
  testTimeout: 120_000,
  // The package's own imports lead to its sources, as in TypeScript.
  moduleNameMapper: Object.fromEntries(
    Object.entries(compilerOptions.paths).map(([name, [source]]) => [`^${name}$`, source.replace('.', '<rootDir>')]),
  ),
};
