import { jestExpect } from '@jest/expect';
import * as circus from 'jest-circus';
import { ModuleMocker } from 'jest-mock';

/** Stands in for `@jest/globals`, which can be imported only in Jest's own runner. */
export const { afterAll, afterEach, beforeAll, beforeEach, describe, test } = circus;
export const expect = jestExpect;
export const jest = new ModuleMocker(globalThis);
