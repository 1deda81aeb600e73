/**
 * Replaces `node:fs` in the receiver's bundle. Importing it as an ES module reads all its members, and loads what they
 * need. The receiver sends no body that is read from a file, so no body is a `ReadStream`.
 */
export const { createReadStream, fstatSync, lstatSync } = process.getBuiltinModule('node:fs');
export class ReadStream {}
