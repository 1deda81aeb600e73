/**
 * Replaces `node:zlib` in the receiver's bundle. The SDK has its own CRC-32 for a Node without one. It uses a CRC-32 only
 * for event streams, which neither SQS nor Secrets Manager has.
 */
export const crc32 = undefined;
