import type { FailureReason, RefusalReason } from './contract.ts';
import { ReceiverError, statusOf } from './errors.ts';
import { type QueueMessage, toQueueMessage, type VerifiedRequest } from './event.ts';
import { type Keyring, keysFor, type VerificationKey } from './keyring.ts';
import { parseRequest, type WebhookRequest } from './request.ts';
import {
  type Digest,
  decodeSignature,
  parseDigest,
  parseHttpDate,
  type SignedRequest,
  signatureLength,
  verify,
} from './signature.ts';

/** What the receiver needs from outside. */
export interface ReceiverDependencies {
  keyring: Keyring;
  /** Puts a message on the queue. Rejects when the queue did not take it. */
  send: (message: QueueMessage) => Promise<void>;
  /**
   * Puts the data of an event that is too large for the queue elsewhere, and says where. The same data may come again.
   * Without it such events are refused.
   */
  store?: ((data: Uint8Array, contentType: string | undefined) => Promise<string>) | undefined;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** How far the signed `Date` may be from now, in seconds; `0` turns the check off. */
  toleranceSeconds: number;
  /** Gets what became of each request. */
  report: (outcome: Outcome) => void;
}

/** What became of a request. Holds no signature, no body and no phone number. */
export type Outcome =
  | { outcome: 'accepted'; requestId: string; id?: string; type: string; keyId?: string; bytes: number }
  | {
      outcome: 'refused' | 'failed';
      requestId: string;
      status: number;
      reason: RefusalReason | FailureReason;
      error: unknown;
    };

/** Answer to API Gateway or a Function URL; the form is the same for both. */
export interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

/** Most bytes that SQS takes as one message (1 MiB). */
const maxMessageBytes = 1_048_576;

/** Most keys that one request can cost an RSA operation each. */
const maxKeysTried = 10;

/** Headers that MessageMedia adds, in lower case. */
const vendorHeaders = {
  signature: 'x-messagemedia-signature',
  digest: 'x-messagemedia-digest-type',
  cipher: 'x-messagemedia-cipher-type',
  keyId: 'x-messagemedia-key-id',
};

const wordOf: Record<number, string> = {
  400: 'bad_request',
  401: 'unauthorized',
  413: 'payload_too_large',
  503: 'unavailable',
};

/**
 * The whole decision from a Lambda event to an answer. 202 means that SQS has the event; see `statusOf` for the rest.
 *
 * @returns a function of the event and of Lambda's own request id, which stands in where the front door gave none
 */
export function createReceiver(dependencies: ReceiverDependencies) {
  return async (event: unknown, invocationId: string): Promise<Answer> => {
    let requestId = invocationId;
    try {
      const request = parseRequest(event);
      requestId = request.requestId ?? invocationId;
      const verified = await authenticate(request, requestId, dependencies);
      const { id, type } = await enqueue(verified, dependencies);
      const { keyId } = verified;
      // An id that is none of the vendor's may be anything, a phone number too; it is not logged.
      const ids = { ...(isUuid(id) && { id }), ...(keyId !== undefined && { keyId }) };
      dependencies.report({ outcome: 'accepted', requestId, ...ids, type, bytes: verified.body.length });
      return answer(202, { id });
    } catch (error) {
      const status = statusOf(error);
      const reason = error instanceof ReceiverError ? error.code : 'unexpected';
      dependencies.report({ outcome: status === 503 ? 'failed' : 'refused', requestId, status, reason, error });
      return answer(status, { error: wordOf[status] ?? 'error' });
    }
  };
}

async function enqueue(request: VerifiedRequest, dependencies: ReceiverDependencies): Promise<QueueMessage> {
  const trySend = async (placement: 'text' | 'base64') => {
    const message = await moveDataIfTooLarge(toQueueMessage(request, placement), request, dependencies);
    await dependencies.send(message);
    return message;
  };
  try {
    return await trySend('text').catch((error: unknown) => {
      if (refusesCharacters(error)) return trySend('base64');
      throw error;
    });
  } catch (error) {
    if (error instanceof ReceiverError) throw error;
    throw new ReceiverError('queue_unavailable', 'SQS did not take the event', { cause: error });
  }
}

/** The message, or if it is larger than SQS takes, one that says where its data is instead. */
async function moveDataIfTooLarge(
  message: QueueMessage,
  request: VerifiedRequest,
  { store }: ReceiverDependencies,
): Promise<QueueMessage> {
  const bytes = Buffer.byteLength(message.body);
  if (bytes <= maxMessageBytes) return message;
  if (store === undefined) {
    throw new ReceiverError('event_too_large', `The event has ${bytes} bytes; SQS takes ${maxMessageBytes}`);
  }
  try {
    return toQueueMessage(request, { dataref: await store(request.body, message.dataContentType) });
  } catch (error) {
    throw new ReceiverError('storage_unavailable', 'S3 did not take the data of a large event', { cause: error });
  }
}

/** Which characters a queue takes is the queue's to say: some implementations of SQS refuse more than AWS documents. */
function refusesCharacters(error: unknown): boolean {
  return error instanceof Error && error.name.endsWith('InvalidMessageContents');
}

/** What is checked before any key is looked at. */
interface Claim {
  request: WebhookRequest;
  date: string;
  signature: string;
  signatureBytes: number;
  /** Undefined when the sender did not say; then the key's own digest counts. */
  digest: Digest | undefined;
  keyId: string | undefined;
}

async function authenticate(
  request: WebhookRequest,
  requestId: string,
  { keyring, now, toleranceSeconds }: ReceiverDependencies,
): Promise<VerifiedRequest> {
  const claim = parseClaim(request, now(), toleranceSeconds);
  const keys = await keyring.keys();
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
  const age = Math.round((now - signedAt) / 1000);
  if (toleranceSeconds > 0 && Math.abs(now - signedAt) > toleranceSeconds * 1000) {
    throw new ReceiverError('stale_date', `Date is ${age} s in the past; the tolerance is ${toleranceSeconds} s`);
  }
  if (request.targets.length === 0) throw new ReceiverError('malformed_target', malformedTarget);

  const digestName = header(vendorHeaders.digest);
  const digest = digestName === undefined ? undefined : parseDigest(digestName);
  const cipher = header(vendorHeaders.cipher) ?? 'RSA';
  if ((digestName !== undefined && digest === undefined) || cipher.toUpperCase() !== 'RSA') {
    throw new ReceiverError('unsupported_algorithm', 'Digest or cipher is none that MessageMedia signs with');
  }
  return { request, date, signature, signatureBytes, digest, keyId: header(vendorHeaders.keyId) };
}

type Verified = Omit<VerifiedRequest, 'requestId' | 'contentType'>;

/** What can be wrong between a request and a key, and of several keys the one that came closest last. */
const keyProblems = {
  unknown_key: 'The keyring has no such key',
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
function findProblem(claim: Claim, { digest: pinned, key }: VerificationKey): KeyProblem | undefined {
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

function isUuid(value: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}

const malformedTarget = 'The target is empty or holds white space or a control character';

function refusal(problem: KeyProblem, { request, keyId = 'none' }: Claim): ReceiverError {
  if (problem === 'invalid_signature' && !request.hasPlainTarget) {
    return new ReceiverError('malformed_target', malformedTarget);
  }
  // Which key was asked for helps whoever reads the log, but arbitrary input is not repeated there.
  const named = isUuid(keyId) || keyId === 'none' ? keyId : 'not a UUID';
  return new ReceiverError(problem, `${keyProblems[problem]} (key id in the request: ${named})`);
}

function answer(statusCode: number, body: Record<string, string>): Answer {
  const retry: Record<string, string> = statusCode === 503 ? { 'retry-after': '5' } : {};
  return { statusCode, headers: { 'content-type': 'application/json', ...retry }, body: JSON.stringify(body) };
}
