import { createHash } from 'node:crypto';

/** What every message for the queue is built from, wherever its event came from. */

/** Most bytes that SQS takes as one message (1 MiB). */
export const maxMessageBytes = 1_048_576;

/** CloudEvents `source` of an event of this account. */
export function sourceOf(account: string | undefined): string {
  return account === undefined ? 'urn:messagemedia' : `urn:messagemedia:account:${encodeURIComponent(account)}`;
}

/** SQS takes 1 to 128 printable ASCII characters; everything else is hashed. */
export function fifoId(id: string): string {
  return /^[\x21-\x7e]{1,128}$/.test(id) ? id : createHash('sha256').update(id).digest('hex');
}

/** JSON in ASCII alone: a value may hold what a queue refuses. */
export function toAsciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
