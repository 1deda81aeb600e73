import { futureToleranceSeconds, signatureHeaders } from '../contract.ts';
import type { VerifiedRequest } from '../event/queue-message.ts';
import { isUuid } from '../guards.ts';
import type { KeyringCache } from '../keys/keyring-cache.ts';
import { KeyringError, sameId } from '../keys/keyring-secret.ts';
import { decodeSignature, parseDigest, parseHttpDate } from '../signature.ts';
import { ReceiverError } from './errors.ts';
import type { WebhookRequest } from './request.ts';
import { type Claim, type KeyProblem, keyProblems, tryKeys, type Verified } from './try-keys.ts';

export interface AuthenticationDependencies {
  keyring: KeyringCache;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** How old the signed `Date` may be, in seconds; `0` turns the check off, also for a `Date` in the future. */
  toleranceSeconds: number;
}

export interface AuthenticatedRequest extends VerifiedRequest {
  /** Whether the probe key signed it. Then it is not an event. */
  isProbe: boolean;
}

/**
 * Finds the key that signed a request. Cheap checks come first, RSA last, and nothing of the body is parsed.
 *
 * @param requestId the event's id if the request names none
 * @throws {ReceiverError} with the reason of the refusal, or `keyring_unavailable`
 */
export async function authenticate(
  request: WebhookRequest,
  requestId: string,
  { keyring, now, toleranceSeconds }: AuthenticationDependencies,
): Promise<AuthenticatedRequest> {
  const claim = parseClaim(request, now(), toleranceSeconds);
  const found = await findKey(claim, keyring);
  if (typeof found !== 'string') return complete(found, false);
  const probe = tryProbe(claim, keyring);
  if (probe) return complete(probe, true);
  if (found === 'unknown_key' && keyring.isBehind()) throw new ReceiverError('keyring_unavailable', unreadable);
  throw refusal(found, claim);

  function complete(verified: Verified, isProbe: boolean): AuthenticatedRequest {
    return { ...verified, isProbe, requestId, contentType: request.headers.get('content-type') };
  }
}

/** Tries the loaded keys, and then newer ones, if there are any. */
async function findKey(claim: Claim, keyring: KeyringCache): Promise<Verified | KeyProblem> {
  const keys = await keyring.keys().catch(toReceiverError);
  const result = tryKeys(claim, keys);
  if (typeof result !== 'string') return result;
  const newer = await keyring.newerThan(keys);
  return newer ? tryKeys(claim, newer) : result;
}

/** The checks that cost next to nothing. None of them reads the body. */
function parseClaim(request: WebhookRequest, now: number, toleranceSeconds: number): Claim {
  const header = (name: string) => request.headers.get(name) || undefined;
  const signature = header(signatureHeaders.signature);
  if (signature === undefined) throw new ReceiverError('unsigned', 'No X-MessageMedia-Signature: is a key enabled?');
  const signatureBytes = decodeSignature(signature)?.length;
  if (signatureBytes === undefined) throw new ReceiverError('malformed_signature', 'The signature is not base64');

  const date = header('date');
  if (date === undefined) throw new ReceiverError('missing_date', 'No Date header');
  const signedAt = parseHttpDate(date);
  if (signedAt === undefined) throw new ReceiverError('malformed_date', 'The Date header is not one IMF-fixdate');
  checkAge(now - signedAt, toleranceSeconds);
  if (request.targets.length === 0) throw new ReceiverError('malformed_target', malformedTarget);

  const digestName = header(signatureHeaders.digest);
  const digest = parseDigest(String(digestName));
  const cipher = header(signatureHeaders.cipher) ?? 'RSA';
  if ((digestName !== undefined && digest === undefined) || cipher.toUpperCase() !== 'RSA') {
    throw new ReceiverError('unsupported_algorithm', 'MessageMedia does not sign with this digest or cipher');
  }
  return { request, date, signedAt, signature, signatureBytes, digest, keyId: header(signatureHeaders.keyId) };
}

/** @param age milliseconds; negative for a date in the future */
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
      `Date is ${seconds} s in the future; at most ${futureToleranceSeconds} s are accepted`,
    );
  }
}

/** The request, if the probe key signed it. The probe key is tried only for a request that names it. */
function tryProbe(claim: Claim, keyring: KeyringCache): Verified | undefined {
  const key = keyring.diagnostics().probe?.key;
  if (key === undefined || claim.keyId === undefined || !sameId(key.id, claim.keyId)) return undefined;
  const result = tryKeys(claim, [key]);
  return typeof result === 'string' ? undefined : result;
}

/** Turns an error of the keyring, which knows nothing of requests, into the answer to a request. */
function toReceiverError(error: unknown): never {
  if (!(error instanceof KeyringError)) throw error;
  throw new ReceiverError('keyring_unavailable', error.message, { cause: error.cause });
}

const unreadable = 'The key is not among the loaded ones, and the keyring could not be read again';

const malformedTarget = 'The target is empty or holds white space or a control character';

function refusal(problem: KeyProblem, { request, keyId = 'none' }: Claim): ReceiverError {
  if (problem === 'invalid_signature' && !request.hasPlainTarget) {
    return new ReceiverError('malformed_target', malformedTarget);
  }
  // The key id helps people who read the log, but arbitrary input is not repeated there.
  const named = isUuid(keyId) || keyId === 'none' ? keyId : 'not a UUID';
  return new ReceiverError(problem, `${keyProblems[problem]} (key id in the request: ${named})`);
}
