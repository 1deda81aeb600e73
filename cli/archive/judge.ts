import { fromArchiveLine, toArchiveLine } from '../../lambda/archive/archive-line.ts';
import { type DataPlacement, describeEvent } from '../../lambda/event/queue-message.ts';
import { openQueuedEvent, type ReadEvent } from '../../lambda/event/queued-event.ts';
import { reverify } from '../../lambda/event/reverify.ts';
import { isTooLateFor, type KeyOwner, keysFor, ownerOf, type VerificationKey } from '../../lambda/keys/keyring.ts';
import { type Digest, parseHttpDate } from '../../lambda/signature.ts';
import type { Archive } from './archive-bucket.ts';
import { fetchArchivedData, unreadableReason } from './archived-data.ts';

export type Judgement =
  | { verdict: 'good'; read: ReadEvent; key: VerificationKey }
  /** Fetched from MessageMedia's API, and never signed. */
  | { verdict: 'polled'; read: ReadEvent }
  /** @property reason continues a sentence about the event, and contains none of its data */
  | { verdict: 'bad'; reason: string };

/**
 * Verifies an event: its signature, and that everything else is what a receiver writes for the signed bytes, because the
 * attributes themselves are not signed. It cannot find a change of `datacontenttype` to another name of the same kind of
 * data, or a change of the `id` if the event has no id of its own.
 *
 * @param line of the archive
 * @throws the errors of S3, except for missing data
 */
export async function judge(archive: Archive, line: string, keys: readonly VerificationKey[]): Promise<Judgement> {
  const message = fromArchiveLine(line);
  let read: ReadEvent;
  try {
    if (toArchiveLine(message) !== line)
      return { verdict: 'bad', reason: 'the line is not in the form that the archive writes' };
    read = await openQueuedEvent(message, (dataref) => fetchArchivedData(archive, dataref));
  } catch (error) {
    return { verdict: 'bad', reason: unreadableReason(error) };
  }
  if (read.signed === undefined) return { verdict: 'polled', read };
  const candidates = keysFor(read.event.mmkeyid, keys);
  const key = candidates.find(({ account: _account, ...candidate }) => reverify(read, [candidate]) === 'good');
  if (key === undefined) return { verdict: 'bad', reason: whyNot(read, candidates) };
  const altered = findAlteration(message, read, ownerOf(key, keys));
  if (altered !== undefined) return { verdict: 'bad', reason: `its signature is good, but ${altered}` };
  return { verdict: 'good', read, key };
}

function whyNot({ event, signed }: ReadEvent, candidates: readonly VerificationKey[]): string {
  if (candidates.length === 0) return `its key ${event.mmkeyid ?? 'without an id'} is not among the keys of these days`;
  const signedAt = parseHttpDate(signed?.date ?? '') ?? Number.NaN;
  if (candidates.every((key) => isTooLateFor(key, signedAt))) {
    return `its key ${event.mmkeyid ?? 'without an id'} was retired before the event was signed`;
  }
  return 'its signature does not verify';
}

/**
 * Describes what a receiver would have written differently.
 *
 * @param owner of the key, where keys name accounts. They may have named none yet when the event came
 */
function findAlteration(message: string, { event, signed }: ReadEvent, owner?: KeyOwner): string | undefined {
  if (signed === undefined) return undefined;
  const request = {
    ...signed,
    signature: event.mmsignature ?? '',
    digest: event.mmdigest as Digest,
    keyId: event.mmkeyid,
    contentType: event.datacontenttype,
    requestId: event.id,
  };
  const placements: DataPlacement[] = event.dataref === undefined ? ['text', 'base64'] : [{ dataref: event.dataref }];
  const { write, foreignAccount } = describeEvent({ ...request, owner });
  if (foreignAccount !== undefined) return `it names account ${foreignAccount}, which has another key`;
  const writers = owner === undefined ? [write] : [write, describeEvent(request).write];
  if (writers.some((writer) => placements.some((placement) => writer(placement).body === message))) return undefined;
  const made: Record<string, unknown> = JSON.parse(write({ dataref: '' }).body);
  const { payload: _payload, ...found }: Record<string, unknown> = { ...event, dataref: '' };
  const name = Object.keys({ ...made, ...found }).find((attribute) => made[attribute] !== found[attribute]);
  return name === undefined
    ? 'it is not in the form that a receiver writes'
    : `its ${name} does not match the signed bytes`;
}
