import { jestExpect } from '@jest/expect';
import * as circus from 'jest-circus';

/** What tests import from `@jest/globals`, outside of Jest's own processes. */
export const { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } = circus;
export const expect = jestExpect;
