import { isTooLateFor, keysFor, ownerOf, type VerificationKey } from '../keys/keyring.ts';
import { parseDigest, parseHttpDate, verify } from '../signature.ts';
import { sourceOf } from './deduplication.ts';
import type { ReadEvent } from './queued-event.ts';

/**
 * Result of a second check of a signature: `good`, `bad`, or `never_signed` for an event that was fetched from
 * MessageMedia's API because its webhook did not arrive. To accept only signed events, accept only `good`.
 */
export type SignatureVerdict = 'good' | 'bad' | 'never_signed';

/**
 * Checks the signature of a queued event again. It covers the data, the request line and the `Date`. The receiver derives
 * the event's other attributes from these, but they are not signed themselves. Where keys name accounts, the `source` must
 * be the account of the key.
 *
 * @param keys of a keyring secret, as `parseKeyring` returns them. A retired key verifies what it signed before its
 * retirement.
 */
export function reverify({ event, signed }: ReadEvent, keys: readonly VerificationKey[]): SignatureVerdict {
  if (signed === undefined) return 'never_signed';
  const digest = parseDigest(String(event.mmdigest));
  const signedAt = parseHttpDate(signed.date) ?? Number.NaN;
  const isGood = keysFor(event.mmkeyid, keys).some(
    (candidate) =>
      (candidate.digest ?? digest) === digest &&
      digest !== undefined &&
      !isTooLateFor(candidate, signedAt) &&
      isSourceOf(candidate, keys, event.source) &&
      verify(signed, String(event.mmsignature), candidate.key, digest),
  );
  return isGood ? 'good' : 'bad';
}

function isSourceOf(key: VerificationKey, keys: readonly VerificationKey[], source: string): boolean {
  const owner = ownerOf(key, keys);
  return owner === undefined || source === sourceOf(owner.account);
}
