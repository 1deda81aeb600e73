/**
 * Replaces `node:process` in the functions' bundles. Importing `node:process` as an ES module reads all its members, and
 * so starts standard input, among others.
 */
export const { env, versions } = process;
