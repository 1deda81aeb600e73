import { keysFor, type VerificationKey } from './keyring.ts';
import type { ReadEvent } from './queued-event.ts';
import { parseDigest, verify } from './signature.ts';

/**
 * Checks the signature of a queued event again. It covers the data, the request line and the `Date`; the event's other
 * attributes follow from these when a receiver writes them, but are not signed themselves.
 *
 * @param keys of a keyring secret, as `parseKeyring` gives them
 */
export function reverify({ event, signed }: ReadEvent, keys: readonly VerificationKey[]): boolean {
  const digest = parseDigest(event.mmdigest);
  return keysFor(event.mmkeyid, keys).some(
    ({ digest: pinned = digest, key }) =>
      pinned !== undefined && pinned === digest && verify(signed, event.mmsignature, key, pinned),
  );
}
