/**
 * What the receiver's bundle has in place of `node:zlib`: the SDK has an own CRC-32 for where Node has none, and uses
 * either for event streams alone, which neither SQS nor Secrets Manager has.
 */
export const crc32 = undefined;
