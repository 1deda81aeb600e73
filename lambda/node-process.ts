/**
 * What the functions' bundles have in place of `node:process`: importing that as an ES module asks for every one of its
 * members, and so starts standard input, among others.
 */
export const { env, versions } = process;
