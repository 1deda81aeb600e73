import { jestExpect } from '@jest/expect';
import * as circus from 'jest-circus';
import { ModuleMocker } from 'jest-mock';

/** What tests import from `@jest/globals`, outside of Jest's own processes. */
export const { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } = circus;
export const expect = jestExpect;
export const jest = new ModuleMocker(globalThis);
