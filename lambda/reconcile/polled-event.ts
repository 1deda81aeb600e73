import { createHash } from 'node:crypto';
import type { PolledEvent } from '../contract.ts';
import { groupOf, identityOf, sourceOf } from '../event/deduplication.ts';
import { identify } from '../event/identity.ts';
import { eventKinds } from '../event/kinds.ts';
import { type QueueMessage, writeEvent } from '../event/queue-message.ts';
import { isUuid } from '../guards.ts';
import type { KeyOwner } from '../keys/keyring.ts';
import type { PolledItem } from '../messagemedia/types.ts';

export type PolledKind = 'deliveryReport' | 'reply';

/** An item of one of MessageMedia's lists, and the event that it becomes. */
export interface PolledEntry {
  message: QueueMessage;
  /** The id for search and log: its own id, or, if that is not a UUID, a UUID made from it. In lower case. */
  traceId: string;
  /** Whose event it is, where keys name accounts. */
  account: string | undefined;
  /** The id to confirm; `undefined` if it is not a UUID, because such an id would make the whole call fail. */
  confirmId: string | undefined;
  unusualId: string | undefined;
  /** When MessageMedia received it, in milliseconds since 1970; `undefined` if the item does not say. */
  receivedAt: number | undefined;
  data: Buffer;
  /** The message without data, for an event that would be too large. @param dataref where the data is */
  withDataAt: (dataref: string) => QueueMessage;
}

const dataContentType = 'application/json';

/**
 * Turns an item into the message that its webhook would have made, with the same type, id, subject, source and FIFO ids.
 * So the queue and consumers recognise the two as one event. It was never signed, and says that it was polled.
 *
 * @param now milliseconds since 1970, the event's time when the item has none
 * @param owner whose list it is from, where keys name accounts: it says the source, unless the item names another key's account
 */
export function toPolledEntry(kind: PolledKind, item: PolledItem, now: number, owner?: KeyOwner): PolledEntry {
  const data = JSON.stringify(item);
  // The same item gets the same id at every poll. Otherwise each poll would make a new event of it.
  const {
    type,
    id = hashedUuid(data),
    subject,
    account,
    receivedAt,
    unrendered,
  } = identify(item, eventKinds[kind].type);
  const signer = owner && (account !== undefined && owner.others.has(account) ? account : owner.account);
  const attributes: PolledEvent = {
    specversion: '1.0',
    id,
    source: sourceOf(owner ? signer : account),
    type,
    ...(subject !== undefined && { subject }),
    time: receivedAt ?? new Date(now).toISOString(),
    datacontenttype: dataContentType,
    mmorigin: 'poll',
  };
  const messageWith = (place: { data: PolledItem } | { dataref: string }): QueueMessage => ({
    id,
    type,
    body: writeEvent({ ...attributes, ...place }, ''),
    groupId: groupOf(attributes, signer),
    deduplicationId: identityOf(attributes),
    dataContentType,
    ...('dataref' in place && place),
    unrendered,
  });
  const confirmId = item[eventKinds[kind].idField];
  return {
    message: messageWith({ data: item }),
    withDataAt: (dataref) => messageWith({ dataref }),
    traceId: (isUuid(id) ? id : hashedUuid(id)).toLowerCase(),
    account: signer,
    confirmId: isUuid(confirmId) ? confirmId : undefined,
    unusualId: typeof confirmId === 'string' && !isUuid(confirmId) ? confirmId : undefined,
    receivedAt: receivedAt === undefined ? undefined : Date.parse(receivedAt),
    data: Buffer.from(data),
  };
}

/** A UUID of the form that RFC 9562 leaves to everybody's own use (version 8). */
function hashedUuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
