import { createHash } from 'node:crypto';
import type { QueuedEvent } from '../contract.ts';

/** `source` of an event. @param account that the event is from; `undefined` if it is not known */
export function sourceOf(account: string | undefined): string {
  return account === undefined ? 'urn:messagemedia' : `urn:messagemedia:account:${encodeURIComponent(account)}`;
}

/**
 * What queue and consumers recognise an event by: the SHA-256 of source, type and id, in hex. An id alone is not enough.
 * CloudEvents makes it unique only within its source, and MessageMedia does not say that a reply and an opt-out never
 * share one.
 */
export function identityOf({ source, type, id }: Pick<QueuedEvent, 'source' | 'type' | 'id'>): string {
  return createHash('sha256').update(`${source} ${type} ${id}`).digest('hex');
}

/**
 * The FIFO group of an event: that of its message, or its own.
 *
 * @param account of the key, where keys name accounts, so that two accounts never share a group
 */
export function groupOf({ id, subject }: Pick<QueuedEvent, 'id' | 'subject'>, account?: string): string {
  const name = subject ?? id;
  return fifoId(account === undefined ? name : `${encodeURIComponent(account)}/${name}`);
}

/** An id for a FIFO queue: SQS takes 1 to 128 printable ASCII characters; everything else is hashed. */
function fifoId(id: string): string {
  return /^[\x21-\x7e]{1,128}$/.test(id) ? id : createHash('sha256').update(id).digest('hex');
}
