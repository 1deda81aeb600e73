import { jestExpect } from '@jest/expect';
import * as circus from 'jest-circus';
import { ModuleMocker } from 'jest-mock';

/** Stands in for `@jest/globals` outside of Jest's own processes. */
export const { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } = circus;
export const expect = jestExpect;
/** Modules that tests replace, by the name in their import. */
export const replaced = new Map<string, Record<string, unknown>>();
export const jest = Object.assign(new ModuleMocker(globalThis), {
  unstable_mockModule(name: string, create: () => Record<string, unknown>) {
    replaced.set(name, create());
  },
});
