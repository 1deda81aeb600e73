import { futureToleranceSeconds } from '../contract.ts';
import type { VerifiedRequest } from '../event/queue-message.ts';
import { isUuid } from '../guards.ts';
import { isTooLateFor, type Keyring, keysFor, type VerificationKey } from '../keys/keyring.ts';
import { KeyringError } from '../keys/keyring-error.ts';
import {
  type Digest,
  decodeSignature,
  parseDigest,
  parseHttpDate,
  type SignedRequest,
  signatureLength,
  verify,
} from '../signature.ts';
import { ReceiverError } from './errors.ts';
import type { WebhookRequest } from './request.ts';

/** Most keys that one request can cost an RSA operation each. */
const maxKeysTried = 10;

/** Headers that MessageMedia adds, in lower case. */
const vendorHeaders = {
  signature: 'x-messagemedia-signature',
  digest: 'x-messagemedia-digest-type',
  cipher: 'x-messagemedia-cipher-type',
  keyId: 'x-messagemedia-key-id',
};

/** What is checked before any key is looked at. */
interface Claim {
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

/** What checking a request takes. */
export interface AuthenticationDependencies {
  keyring: Keyring;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** How old the signed `Date` may be, in seconds; `0` turns the check of its age off, also of one that is ahead. */
  toleranceSeconds: number;
}

/**
 * Finds the key that signed a request. Cheap checks come first, RSA last, and nothing of the body is parsed.
 *
 * @param requestId for the event of a request that its sender gave no id
 * @throws {ReceiverError} with the reason of the refusal, or `keyring_unavailable`
 */
export async function authenticate(
  request: WebhookRequest,
  requestId: string,
  { keyring, now, toleranceSeconds }: AuthenticationDependencies,
): Promise<VerifiedRequest> {
  const claim = parseClaim(request, now(), toleranceSeconds);
  const keys = await keyring.keys().catch(toReceiverError);
  let result = tryKeys(claim, keys);
  if (typeof result === 'string') {
    const newer = await keyring.newerThan(keys);
    if (newer) result = tryKeys(claim, newer);
  }
  if (typeof result === 'string') throw refusal(result, claim);
  return { ...result, requestId, contentType: request.headers.get('content-type') };
}

/** The checks that cost next to nothing. None of them reads the body. */
function parseClaim(request: WebhookRequest, now: number, toleranceSeconds: number): Claim {
  const header = (name: string) => request.headers.get(name) || undefined;
  const signature = header(vendorHeaders.signature);
  if (signature === undefined) throw new ReceiverError('unsigned', 'No X-MessageMedia-Signature: is a key enabled?');
  const signatureBytes = decodeSignature(signature)?.length;
  if (signatureBytes === undefined) throw new ReceiverError('malformed_signature', 'The signature is not base64');

  const date = header('date');
  if (date === undefined) throw new ReceiverError('missing_date', 'No Date header');
  const signedAt = parseHttpDate(date);
  if (signedAt === undefined) throw new ReceiverError('malformed_date', 'The Date header is not one IMF-fixdate');
  checkAge(now - signedAt, toleranceSeconds);
  if (request.targets.length === 0) throw new ReceiverError('malformed_target', malformedTarget);

  const digestName = header(vendorHeaders.digest);
  const digest = digestName === undefined ? undefined : parseDigest(digestName);
  const cipher = header(vendorHeaders.cipher) ?? 'RSA';
  if ((digestName !== undefined && digest === undefined) || cipher.toUpperCase() !== 'RSA') {
    throw new ReceiverError('unsupported_algorithm', 'Digest or cipher is none that MessageMedia signs with');
  }
  return { request, date, signedAt, signature, signatureBytes, digest, keyId: header(vendorHeaders.keyId) };
}

/** @param age milliseconds; negative for a date that is ahead */
function checkAge(age: number, toleranceSeconds: number): void {
  if (toleranceSeconds === 0) return;
  const seconds = Math.round(Math.abs(age) / 1000);
  if (age > toleranceSeconds * 1000) {
    throw new ReceiverError(
      'stale_date',
      `Date is ${seconds} s in the past; at most ${toleranceSeconds} s are accepted`,
    );
  }
  if (age < -futureToleranceSeconds * 1000) {
    throw new ReceiverError(
      'stale_date',
      `Date is ${seconds} s ahead; at most ${futureToleranceSeconds} s are accepted`,
    );
  }
}

type Verified = Omit<VerifiedRequest, 'requestId' | 'contentType'>;

/** What can be wrong between a request and a key, and of several keys the one that came closest last. */
const keyProblems = {
  unknown_key: 'The keyring has no such key, or only one that was retired before the Date',
  digest_mismatch: 'The key signs with another digest than the header says',
  unsupported_algorithm: 'Neither header nor keyring names the digest',
  malformed_signature: 'The signature is not as long as the key',
  invalid_signature: 'The signature is not that of this request under this key',
} as const;
type KeyProblem = keyof typeof keyProblems;
const closeness = Object.keys(keyProblems);

/** The request with the key that verified it, or what is wrong with the key that came closest. */
function tryKeys(claim: Claim, keys: readonly VerificationKey[]): Verified | KeyProblem {
  let closest: KeyProblem = 'unknown_key';
  let tried = 0;
  for (const key of keysFor(claim.keyId, keys)) {
    const problem = findProblem(claim, key);
    if (closeness.indexOf(problem ?? 'invalid_signature') > closeness.indexOf(closest)) {
      closest = problem ?? 'invalid_signature';
    }
    if (problem !== undefined) continue;
    if (tried++ === maxKeysTried) break;
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

const malformedTarget = 'The target is empty or holds white space or a control character';

/** The keyring knows nothing of requests: what it says becomes the answer to one here. */
function toReceiverError(error: unknown): never {
  if (!(error instanceof KeyringError)) throw error;
  throw new ReceiverError('keyring_unavailable', error.message, { cause: error.cause });
}

function refusal(problem: KeyProblem, { request, keyId = 'none' }: Claim): ReceiverError {
  if (problem === 'invalid_signature' && !request.hasPlainTarget) {
    return new ReceiverError('malformed_target', malformedTarget);
  }
  // Which key was asked for helps whoever reads the log, but arbitrary input is not repeated there.
  const named = isUuid(keyId) || keyId === 'none' ? keyId : 'not a UUID';
  return new ReceiverError(problem, `${keyProblems[problem]} (key id in the request: ${named})`);
}
