import { isObject, isTimestamp } from '../guards.ts';

/**
 * What a person asks of the function for a while, to find out what is wrong. It stands beside the keys in the keyring
 * secret, as that is what every running function reads again. A version that does not know it leaves it alone.
 */
export interface Diagnostics {
  /**
   * A key that is none of MessageMedia's: what it signed is answered with 200 and never queued. No consumer knows it, so
   * nothing that it signed can pass for an event.
   */
  probe?: { key_id: string; public_key: string; digest: string; until: string };
  /** Refused requests are put into the bucket, so many and until then. */
  capture?: { id: string; count: number; until: string };
}

/** The diagnostics in a keyring secret; what cannot be read is not there. */
export function readDiagnostics(secret: string): Diagnostics {
  const { probe, capture } = membersOf(secret);
  return { ...(isProbe(probe) && { probe }), ...(isCapture(capture) && { capture }) };
}

function membersOf(secret: string): Record<string, unknown> {
  // A byte order mark goes with the white space, as where keys are read.
  const text = secret.trim();
  if (!text.startsWith('{')) return {};
  const parsed: unknown = JSON.parse(text);
  return isObject(parsed) && Array.isArray(parsed.keys) ? parsed : {};
}

function isProbe(value: unknown): value is Required<Diagnostics>['probe'] {
  if (!isObject(value)) return false;
  const { key_id, public_key, digest, until } = value;
  return [key_id, public_key, digest].every((text) => typeof text === 'string' && text !== '') && isTimestamp(until);
}

function isCapture(value: unknown): value is Required<Diagnostics>['capture'] {
  if (!isObject(value)) return false;
  const { id, count, until } = value;
  return typeof id === 'string' && /^[\w-]{1,64}$/.test(id) && Number.isInteger(count) && isTimestamp(until);
}
