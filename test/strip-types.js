import { stripTypeScriptTypes } from 'node:module';

/**
 * Jest's view of our TypeScript: the very step Node itself takes when it runs a `.ts` file. Types become blanks, so
 * lines and columns in a stack trace stay true and no source map is needed.
 */
export default {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
};
