import { isObject, isTimestamp } from '../guards.ts';

/**
 * Requests to the function that are valid for a limited time, to find out what is wrong. They are in the keyring secret
 * beside the keys, because every running function reads this secret again. A version that does not know them ignores them.
 */
export interface Diagnostics {
  /**
   * A key that is not MessageMedia's. Requests that it signed are answered with 200 and never queued. No consumer knows
   * it, so nothing that it signed can be taken for an event.
   */
  probe?: { key_id: string; public_key: string; digest: string; until: string };
  /** Refused requests are put into the bucket, up to this number and until this time. */
  capture?: { id: string; count: number; until: string };
}

/** The diagnostics in a keyring secret. Unreadable ones are left out. */
export function readDiagnostics(secret: string): Diagnostics {
  const { probe, capture } = membersOf(secret);
  return { ...(isProbe(probe) && { probe }), ...(isCapture(capture) && { capture }) };
}

function membersOf(secret: string): Record<string, unknown> {
  // `trim` also removes a byte order mark, as where keys are read.
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
