import { fromArchiveLine, toArchiveLine } from '../../lambda/archive/archive-line.ts';
import { QueuedEventError } from '../../lambda/event/attributes.ts';
import { type DataPlacement, toQueueMessage } from '../../lambda/event/queue-message.ts';
import { openQueuedEvent, type ReadEvent } from '../../lambda/event/queued-event.ts';
import { reverify } from '../../lambda/event/reverify.ts';
import { isTooLateFor, keysFor, type VerificationKey } from '../../lambda/keys/keyring.ts';
import { type Digest, parseHttpDate } from '../../lambda/signature.ts';
import type { Archive } from './archive-bucket.ts';
import { ArchivedDataError, fetchArchivedData } from './archived-data.ts';

/** What became of the check of an archived event. */
export type Judgement =
  | { verdict: 'good'; read: ReadEvent; key: VerificationKey }
  /** Fetched from MessageMedia's API, and never signed. */
  | { verdict: 'polled'; read: ReadEvent }
  /** @property reason continues a sentence about the event, and has nothing of its data */
  | { verdict: 'bad'; reason: string };

/**
 * Checks an event: its signature, and that all else is what a receiver writes for the signed bytes, as attributes are not
 * signed themselves. What cannot be found is a change of `datacontenttype` to another name of the same kind of data, and
 * of the `id` of an event that has none of its own.
 *
 * @param line of the archive
 * @throws whatever S3 throws, but for data that is missing
 */
export async function judge(archive: Archive, line: string, keys: readonly VerificationKey[]): Promise<Judgement> {
  const message = fromArchiveLine(line);
  if (toArchiveLine(message) !== line)
    return { verdict: 'bad', reason: 'the line is not written as the archive has it' };
  let read: ReadEvent;
  try {
    read = await openQueuedEvent(message, (dataref) => fetchArchivedData(archive, dataref));
  } catch (error) {
    if (error instanceof ArchivedDataError || error instanceof QueuedEventError) {
      return { verdict: 'bad', reason: error.message };
    }
    throw error;
  }
  if (read.signed === undefined) return { verdict: 'polled', read };
  const candidates = keysFor(read.event.mmkeyid, keys);
  const key = candidates.find((candidate) => reverify(read, [candidate]) === 'good');
  if (key === undefined) return { verdict: 'bad', reason: whyNot(read, candidates) };
  const altered = findAlteration(message, read);
  if (altered !== undefined) return { verdict: 'bad', reason: `its signature is good, but ${altered}` };
  return { verdict: 'good', read, key };
}

function whyNot({ event, signed }: ReadEvent, candidates: readonly VerificationKey[]): string {
  if (candidates.length === 0) return `its key ${event.mmkeyid ?? 'without an id'} is not among the keys of these days`;
  const signedAt = parseHttpDate(signed?.date ?? '') ?? Number.NaN;
  if (candidates.every((key) => isTooLateFor(key, signedAt))) {
    return `its key ${event.mmkeyid ?? 'without an id'} was retired before it was signed`;
  }
  return 'its signature is not good';
}

/** What is not as a receiver writes it, in words. */
function findAlteration(message: string, { event, signed }: ReadEvent): string | undefined {
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
  if (placements.some((placement) => toQueueMessage(request, placement).body === message)) return undefined;
  const made: Record<string, unknown> = JSON.parse(toQueueMessage(request, { dataref: '' }).body);
  const { payload: _payload, ...found }: Record<string, unknown> = { ...event, dataref: '' };
  const name = Object.keys({ ...made, ...found }).find((attribute) => made[attribute] !== found[attribute]);
  return name === undefined
    ? 'it is not written as a receiver writes it'
    : `its ${name} is not what the signed bytes say`;
}
