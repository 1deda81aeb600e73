import type { Call } from './history.ts';

/** One step between the gateway and the queue. */
export interface Check {
  name: string;
  state: 'passed' | 'failed' | 'not reached';
  /** For a failed check, what was found. */
  detail: string;
}

/** The steps in their order, with the reasons for a failure of each. */
const steps: readonly [name: string, ...reasons: string[]][] = [
  ['The gateway has a route for the path', 'no_route'],
  ['The event is from API Gateway', 'malformed_event'],
  ['There is a signature, in base64', 'unsigned', 'malformed_signature'],
  ['There is a Date, in HTTP format', 'missing_date', 'malformed_date'],
  ['The Date is not too old, and not in the future', 'stale_date'],
  ['The target is well-formed', 'malformed_target'],
  ['Digest and cipher are known', 'unsupported_algorithm'],
  ['The keyring can be read', 'keyring_unavailable'],
  ['The key is in the keyring', 'unknown_key'],
  ['The digest is that of the key', 'digest_mismatch'],
  ['The signature is good', 'invalid_signature'],
  ['The event is of the account of the key', 'foreign_account'],
  ['Large data is in the bucket', 'event_too_large', 'storage_unavailable'],
  ['The queue has the event', 'queue_unavailable', 'unexpected'],
];

/** The checks of a call, in order, and which one failed. */
export function checksOf({ reason, detail, verdict }: Call): Check[] {
  const failedAt = verdict === 'queued' ? steps.length : steps.findIndex(([, ...reasons]) => reasons.includes(reason));
  return steps.map(([name], index) => {
    if (failedAt < 0 || index > failedAt) return { name, state: 'not reached', detail: '' };
    if (index === failedAt) return { name, state: 'failed', detail: detail.replace(/^ReceiverError: /, '') };
    return { name, state: 'passed', detail: '' };
  });
}
