import { createHash } from 'node:crypto';
import { NoSuchKey } from '@aws-sdk/client-s3';
import { dataKey } from '../../lambda/archive-contract.ts';
import { QueuedEventError } from '../../lambda/event/attributes.ts';
import type { Archive } from './archive-bucket.ts';
import { readObject } from './object-bytes.ts';

/** The data of a large event is not in the archive, or is not what its name says. */
export class ArchivedDataError extends Error {
  override readonly name = 'ArchivedDataError';
}

/** Whether an event cannot be read because of what is in the archive, and not because S3 fails. */
export function isUnreadable(error: unknown): error is ArchivedDataError | QueuedEventError {
  return error instanceof ArchivedDataError || error instanceof QueuedEventError;
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
    if (error instanceof NoSuchKey) throw new ArchivedDataError(`its data is missing: there is no ${key}`);
    throw error;
  }
  if (createHash('sha256').update(data).digest('hex') === hash) return data;
  throw new ArchivedDataError(`its data was changed: ${key} has a different hash`);
}
