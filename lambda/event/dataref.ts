import { QueuedEventError } from './attributes.ts';

/**
 * The key of the object that a `dataref` names.
 *
 * @param bucket the only one that is read: a `dataref` is not signed, and a forged one must not lead elsewhere
 * @throws {QueuedEventError} `invalid_dataref` for anything but an object that a receiver wrote there
 */
export function keyOfDataref(dataref: string, bucket: string): string {
  const prefix = `s3://${bucket}/`;
  const key = dataref.slice(prefix.length);
  // Nothing else is ever written there, and nothing else leads out of it.
  if (dataref.startsWith(prefix) && /^[0-9a-f]{64}$/.test(key)) return key;
  throw new QueuedEventError('invalid_dataref', 'The dataref does not point into the bucket for large events');
}
