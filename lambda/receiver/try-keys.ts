import type { VerifiedRequest } from '../event/queue-message.ts';
import { isUuid } from '../guards.ts';
import { isTooLateFor, keysFor, type VerificationKey } from '../keys/keyring.ts';
import { type Digest, isSignedBy, type SignedRequest, signatureLength, verify } from '../signature.ts';
import type { WebhookRequest } from './request.ts';

/** Most keys that one request can cost an RSA operation each. */
const maxKeysTried = 10;

/** Up to so many tries with a small body cost less than looking first whether the key signed anything. */
const fewTries = 2;

/** From here on, hashing a body costs more than that look. In characters. */
const largeBody = 50_000;

/** What is checked before any key is looked at. */
export interface Claim {
  request: WebhookRequest;
  date: string;
  /** The date, in milliseconds since the epoch. */
  signedAt: number;
  signature: string;
  signatureBytes: number;
  /** Undefined when the sender did not say; then the key's own digest counts. */
  digest: Digest | undefined;
  keyId: string | undefined;
}

/** A request with its good signature, as far as the key tells. */
export type Verified = Omit<VerifiedRequest, 'requestId' | 'contentType'>;

/** What can be wrong between a request and a key, and of several keys the one that came closest last. */
export const keyProblems = {
  unknown_key: 'The keyring has no such key, or only one that was retired before the Date',
  digest_mismatch: 'The key signs with another digest than the header says',
  unsupported_algorithm: 'Neither header nor keyring names the digest',
  malformed_signature: 'The signature is not as long as the key',
  invalid_signature: 'The signature is not that of this request under this key',
} as const;
export type KeyProblem = keyof typeof keyProblems;
const closeness = Object.keys(keyProblems);

/** The request with the key that verified it, or what is wrong with the key that came closest. */
export function tryKeys(claim: Claim, keys: readonly VerificationKey[]): Verified | KeyProblem {
  let closest: KeyProblem = 'unknown_key';
  let tried = 0;
  const candidates = keysFor(claim.keyId, keys);
  const { targets, bodyCharacters } = claim.request;
  const isCostly = candidates.length * targets.length > fewTries || bodyCharacters > largeBody;
  for (const key of candidates) {
    const problem = findProblem(claim, key);
    if (closeness.indexOf(problem ?? 'invalid_signature') > closeness.indexOf(closest)) {
      closest = problem ?? 'invalid_signature';
    }
    if (problem !== undefined) continue;
    if (tried++ === maxKeysTried) break;
    if (isCostly && !isSignedBy(key.key, claim.signature)) continue;
    const verified = tryKey(claim, key);
    if (verified) return verified;
  }
  return closest;
}

/** Why this key cannot have signed, as far as that costs nothing to find. */
function findProblem(claim: Claim, candidate: VerificationKey): KeyProblem | undefined {
  const { digest: pinned, key } = candidate;
  if (isTooLateFor(candidate, claim.signedAt)) return 'unknown_key';
  const digest = pinned ?? claim.digest;
  if (digest === undefined) return 'unsupported_algorithm';
  if (claim.digest !== undefined && claim.digest !== digest) return 'digest_mismatch';
  return claim.signatureBytes === signatureLength(key) ? undefined : 'malformed_signature';
}

function tryKey(claim: Claim, { id, digest: pinned, key }: VerificationKey): Verified | undefined {
  const { date, signature, request, keyId } = claim;
  const digest = pinned ?? claim.digest;
  if (digest === undefined) return undefined;
  for (const target of request.targets) {
    const signed: SignedRequest = { method: request.method, target, date, body: request.body };
    if (!verify(signed, signature, key, digest)) continue;
    // The header is not signed: what it says of a key without an id is taken over only if it can be a key id.
    const hint = keyId !== undefined && isUuid(keyId) ? keyId : undefined;
    return { ...signed, signature, digest, keyId: id ?? hint };
  }
  return undefined;
}
