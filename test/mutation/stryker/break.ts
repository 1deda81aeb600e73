import type { PartialStrykerOptions } from '@stryker-mutator/api/core';
import { Stryker } from '@stryker-mutator/core';

/** Breaks lines of one file in every way, and runs tests for each. @param lines as Stryker takes them */
export function breakLines(lines: string[], testFiles: string[]) {
  return new Stryker({ mutate: lines, inProcess: { testFiles } } as PartialStrykerOptions).runMutationTest();
}
