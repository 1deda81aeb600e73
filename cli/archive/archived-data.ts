import { createHash } from 'node:crypto';
import { dataKey } from '../../lambda/archive-contract.ts';
import { QueuedEventError } from '../../lambda/event/attributes.ts';
import type { Archive } from './archive-bucket.ts';
import { ObjectError, readObject } from './objects.ts';

/** The data of a large event is not in the archive, or is not what its name says. */
export class ArchivedDataError extends Error {
  override readonly name = 'ArchivedDataError';
}

/** Somebody is erasing the event, or was interrupted while erasing it: its data is gone, its line not yet. */
export class ErasedDataError extends ArchivedDataError {}

/** What `erase` writes in the place of data until the line of the event is gone too. */
export const erasedData = 'erased by mmw archive erase';

/** Why an event cannot be read, if that is because of what is in the archive. @throws every other error, as when S3 fails */
export function unreadableReason(error: unknown): string {
  if (error instanceof ArchivedDataError || error instanceof QueuedEventError) return error.message;
  throw error;
}

/**
 * Fetches the data that a `dataref` points to. It comes from the archive, wherever the receiver stored it.
 *
 * @throws {ArchivedDataError} when it is missing, or its hash does not match its name
 */
export async function fetchArchivedData(archive: Archive, dataref: string): Promise<Uint8Array> {
  const key = dataKey(dataref);
  const hash = key.slice(key.lastIndexOf('/') + 1);
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new ArchivedDataError('its dataref does not end in a SHA-256');
  let data: Uint8Array;
  try {
    data = await readObject(archive, key);
  } catch (error) {
    if (!(error instanceof ObjectError)) throw error;
    const isGone = error.cause instanceof Error && error.cause.name === 'NoSuchKey';
    const why = isGone
      ? `its data is missing: there is no ${key}`
      : `its data cannot be read: ${key}: ${error.message}`;
    throw new ArchivedDataError(why);
  }
  if (data.length === erasedData.length && Buffer.from(data).toString() === erasedData)
    throw new ErasedDataError(`its data was erased: ${key}`);
  if (createHash('sha256').update(data).digest('hex') === hash) return data;
  throw new ArchivedDataError(`its data was changed: ${key} has a different hash`);
}
