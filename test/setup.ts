import { registerHooks } from 'node:module';
import { setTimeout } from 'node:timers';
import { inspect } from 'node:util';
import type { Circus } from '@jest/types';
import { addEventHandler } from 'jest-circus';
import './own-package.js';

/** Prepares a worker of Jest for all test files that it runs. */
const globals = new URL('globals.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) => next(specifier === '@jest/globals' ? globals : specifier, context),
});

/** Milliseconds that a test or a hook may take, if it does not say how long itself. */
const usualLimit = 120_000;

// The runner waits for ever for a test that hangs, and does not say which it is.
addEventHandler(({ name }, { currentDescribeBlock: { tests, hooks } }) => {
  const added = name === 'add_test' ? tests.at(-1) : name === 'add_hook' ? hooks.at(-1) : undefined;
  if (added?.fn) added.fn = limited(added.fn as () => unknown, added.timeout ?? usualLimit);
});

function limited(run: () => unknown, limit: number): Circus.TestFn {
  return async () => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`It did not end within ${limit} ms.`)), limit);
    });
    try {
      await Promise.race([run(), late]);
    } catch (error) {
      // The runner prints the stack alone.
      if (error instanceof Error && error.cause !== undefined) error.stack = inspect(error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };
}
