import type { VerifiedRequest } from '../event/queue-message.ts';
import { isUuid } from '../guards.ts';
import { isTooLateFor, keysFor, ownerOf, type VerificationKey } from '../keys/keyring.ts';
import { type Digest, isSignedBy, type SignedRequest, signatureLength, verify } from '../signature.ts';
import type { WebhookRequest } from './request.ts';

/** Most keys that are tried with an RSA operation for one request. */
const maxKeysTried = 10;

/** Up to this many tries with a small body cost less than checking first whether the key signed anything. */
const fewTries = 2;

/** From this size on, hashing a body costs more than that check. In characters. */
const largeBody = 50_000;

/** A request after the checks that need no key. */
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

/** A verified request, without the fields that do not depend on the key. */
export type Verified = Omit<VerifiedRequest, 'requestId' | 'contentType'>;

/** Problems between a request and a key, in order: a later one means that the key came closer. */
export const keyProblems = {
  unknown_key: 'The keyring does not have this key, or it was retired before the Date',
  digest_mismatch: 'The key signs with another digest than the one in the header',
  unsupported_algorithm: 'Neither header nor keyring names the digest',
  malformed_signature: 'The signature is not as long as the key',
  invalid_signature: 'The signature does not fit this request and this key',
} as const;
export type KeyProblem = keyof typeof keyProblems;
const closeness = Object.keys(keyProblems) as KeyProblem[];

/** The request with the key that verified it, or the problem of the key that came closest. */
export function tryKeys(claim: Claim, keys: readonly VerificationKey[]): Verified | KeyProblem {
  let closest = 0;
  let tried = 0;
  const candidates = keysFor(claim.keyId, keys).filter((key) => !isTooLateFor(key, claim.signedAt));
  const { targets, bodyCharacters } = claim.request;
  const isCostly = candidates.length * targets.length > fewTries || bodyCharacters > largeBody;
  for (const key of candidates) {
    const problem = findProblem(claim, key);
    closest = Math.max(closest, closeness.indexOf(problem ?? 'invalid_signature'));
    if (problem !== undefined) continue;
    if (tried++ === maxKeysTried) break;
    if (isCostly && !isSignedBy(key.key, claim.signature)) continue;
    const verified = tryKey(claim, key);
    if (verified) return { ...verified, owner: ownerOf(key, keys) };
  }
  return closeness[closest] as KeyProblem;
}

/** Why this key cannot have signed, by checks that cost next to nothing. */
function findProblem(claim: Claim, { digest: pinned, key }: VerificationKey): KeyProblem | undefined {
  const digest = pinned ?? claim.digest;
  if (digest === undefined) return 'unsupported_algorithm';
  if (claim.digest !== undefined && claim.digest !== digest) return 'digest_mismatch';
  return claim.signatureBytes === signatureLength(key) ? undefined : 'malformed_signature';
}

function tryKey(claim: Claim, { id, digest: pinned, key }: VerificationKey): Verified | undefined {
  const { date, signature, request, keyId } = claim;
  // What has no problem has a digest.
  const digest = (pinned ?? claim.digest) as Digest;
  for (const target of request.targets) {
    const signed: SignedRequest = { method: request.method, target, date, body: request.body };
    if (!verify(signed, signature, key, digest)) continue;
    // The header is not signed, so its id for a key without an id is used only if it can be a key id.
    const hint = isUuid(keyId) ? keyId : undefined;
    return { ...signed, signature, digest, keyId: id ?? hint };
  }
  return undefined;
}
