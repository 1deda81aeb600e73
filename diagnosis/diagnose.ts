import { defaultTimestampToleranceSeconds, futureToleranceSeconds } from '../lambda/contract.ts';
import { isJson } from '../lambda/event/identity.ts';
import { describeEvent } from '../lambda/event/queue-message.ts';
import { isTooLateFor, keysFor, ownerOf, type VerificationKey } from '../lambda/keys/keyring.ts';
import { parseDigest, parseHttpDate, signatureLength } from '../lambda/signature.ts';
import { bodyCandidates } from './bodies.ts';
import { type CapturedRequest, readHeaders, readSignature, type SignatureHeaders } from './captured-request.ts';
import { type Cause, causes } from './causes.ts';
import { dateCandidates, ofForm } from './dates.ts';
import { openSignature, type SignedHash } from './digest-info.ts';
import { findSignedBytes } from './search.ts';
import { targetCandidates } from './targets.ts';

/** What is known about a request besides the request itself. */
export interface DiagnosisOptions {
  /** When it arrived, in milliseconds since the epoch. @default - its age is not checked */
  receivedAt?: number;
  /** How old a `Date` may be, in seconds; 0 for any age. */
  toleranceSeconds?: number;
}

/** Why a signature does not verify. */
export interface Diagnosis {
  cause: Cause;
  /** All changes that together explain the signature; `cause` is the first. */
  causes: readonly Cause[];
  meaning: string;
  mend: string;
  /** What was found, one sentence each, without key, signature or body. */
  evidence: readonly string[];
  /** Id of the key that signed, if that is known. */
  signedBy?: string | undefined;
}

/**
 * Says why a request does not verify. An RSA signature can be opened with the public key. This shows who signed which hash,
 * whatever happened to the request, and guesses at the signed bytes can be compared with that hash.
 *
 * Its work is bounded: about a second for a body of 1 MB.
 */
export function diagnose(
  request: CapturedRequest,
  keys: readonly VerificationKey[],
  options: DiagnosisOptions = {},
): Diagnosis {
  const headers = readHeaders(request.headers);
  if (headers.signature === undefined) return withoutSignature(request);
  const { bytes, isPlain } = readSignature(headers.signature);
  const named = keysFor(headers.keyId, keys);
  const signers = open(bytes, [...named, ...keys]);
  // A key may be in the keyring twice. The receiver accepts what one of the two verifies.
  const signer =
    signers.find((each) => ofKey(each, headers, named, { toleranceSeconds: 0 }).length === 0) ?? signers[0];
  if (signer === undefined) return withoutSigner(headers, bytes, keys);

  const signedBy = signer.key.id;
  const evidence = [
    `The signature opens under key ${signedBy ?? 'without id'}: its owner signed, with ${signer.signed.digest}.`,
  ];
  const found = search(request, headers, signer.signed);
  const around: Cause[] = [
    ...(headers.renamed.length > 0 ? (['headers_renamed'] as const) : []),
    ...(isPlain ? [] : (['signature_encoding'] as const)),
    ...ofKey(signer, headers, named, options),
    ...ofAccount(request, signer, keys),
  ];
  if (headers.renamed.length > 0) evidence.push(`Read as headers of MessageMedia: ${headers.renamed.join(', ')}.`);
  if (found === undefined) {
    const shorter = lengthProblem(request);
    if (shorter) evidence.push(shorter);
    const isWithoutDate = headers.date === undefined;
    if (isWithoutDate) evidence.push('There is no Date, and the signature covers it.');
    const cause = shorter && isCut(request.body) ? 'body_cut' : isWithoutDate ? 'headers_missing' : 'other_bytes';
    if (request.body.includes('\ufffd')) evidence.push(lostBytes);
    evidence.push('Neither the bytes that arrived nor any known change of them has the hash that was signed.');
    return diagnosis([cause, ...around], evidence, signedBy);
  }
  evidence.push(
    found.length === 0
      ? 'The bytes that arrived are the bytes that were signed.'
      : 'With the changes named here, the hash is the one that was signed.',
  );
  const [cause = 'none', ...others] = new Set([...found, ...ofForm(request, headers, found), ...around]);
  return diagnosis([cause, ...others], evidence, signedBy);
}

function diagnosis(all: readonly [Cause, ...Cause[]], evidence: readonly string[], signedBy?: string): Diagnosis {
  const texts = all.map((each) => causes[each]);
  return {
    cause: all[0],
    causes: all,
    meaning: texts.map(([meaning]) => meaning).join(' '),
    mend: texts.map(([, mend]) => mend).join(' '),
    evidence,
    signedBy,
  };
}

function withoutSignature({ headers }: CapturedRequest): Diagnosis {
  const others = [...headers.keys()].filter((name) => name.includes('messagemedia'));
  if (others.length === 0) return diagnosis(['unsigned'], ['There is no X-MessageMedia-Signature.']);
  return diagnosis(['headers_missing'], [`There is no X-MessageMedia-Signature, but there is ${others.join(', ')}.`]);
}

function withoutSigner({ keyId }: SignatureHeaders, { length }: Buffer, keys: readonly VerificationKey[]): Diagnosis {
  const tried = `The signature opens under none of the ${keys.length} keys of the keyring.`;
  const lengths = new Set(keys.map(({ key }) => signatureLength(key)));
  if (keys.length === 0) return diagnosis(['key_not_in_keyring'], ['The keyring has no key.']);
  if (keysFor(keyId, keys).length === 0)
    return diagnosis(['key_not_in_keyring'], [tried, 'The request names a key id that the keyring does not have.']);
  if (lengths.has(length)) return diagnosis(['forged'], [tried]);
  return diagnosis(
    ['signature_length'],
    [tried, `It has ${length} bytes, the keys have ${[...lengths].join(' or ')}.`],
  );
}

interface Signer {
  key: VerificationKey;
  signed: SignedHash;
}

function open(signature: Buffer, keys: readonly VerificationKey[]): Signer[] {
  return [...new Set(keys)].flatMap((key) => {
    const signed = signature.length === signatureLength(key.key) ? openSignature(signature, key.key) : undefined;
    return signed ? [{ key, signed }] : [];
  });
}

function search(request: CapturedRequest, headers: SignatureHeaders, signed: SignedHash): readonly Cause[] | undefined {
  const { method, targets, body, headers: arrived } = request;
  const [likeliest = '/', ...others] = targets;
  const hosts = [arrived.get('host'), arrived.get('x-forwarded-host'), arrived.get('x-original-host')]
    .filter((host) => host !== undefined)
    .flatMap((host) => [host, `${host.replace(/:\d+$/, '')}:443`, host.replace(/:\d+$/, '')]);
  const prefixes = new Set(request.prefixes);
  const forwarded = arrived.get('x-forwarded-prefix')?.replace(/^\/|\/$/g, '');
  if (forwarded) prefixes.add(forwarded);
  const date = headers.date ?? '';
  const parts = { method, date, body, dates: dateCandidates(date), bodies: bodyCandidates(body) };
  for (const target of [likeliest, ...others]) {
    const found = findSignedBytes({ ...parts, target, targets: [], dates: [], bodies: [] }, signed);
    if (found) return found;
  }
  const candidates = targetCandidates(likeliest, [...new Set(hosts)], [...prefixes]);
  return findSignedBytes({ ...parts, target: likeliest, targets: candidates }, signed);
}

/** Problems of key, digest and time, which do not concern the signed bytes. */
function ofKey(
  { key, signed }: Signer,
  headers: SignatureHeaders,
  named: readonly VerificationKey[],
  { receivedAt, toleranceSeconds = defaultTimestampToleranceSeconds }: DiagnosisOptions,
): Cause[] {
  const found: Cause[] = [];
  if (!named.includes(key)) found.push('key_id_of_another_key');
  if (headers.digest !== undefined && parseDigest(headers.digest) !== signed.digest) found.push('digest_header');
  if (key.digest !== undefined && key.digest !== signed.digest) found.push('digest_of_key');
  const signedAt = parseHttpDate(String(headers.date));
  if (signedAt === undefined) return found;
  if (isTooLateFor(key, signedAt)) found.push('key_retired');
  if (toleranceSeconds === 0) return found;
  const age = (receivedAt ?? signedAt) - signedAt;
  if (age > toleranceSeconds * 1000) found.push('late');
  if (-age > futureToleranceSeconds * 1000) found.push('clock');
  return found;
}

/** Whether a request that is otherwise good is of another account than its key. */
function ofAccount(
  { method, targets: [target = '/'], body }: CapturedRequest,
  { key }: Signer,
  keys: readonly VerificationKey[],
): Cause[] {
  const signed = { method, target, body, date: 'Thu, 01 Jan 1970 00:00:00 GMT', signature: '' };
  const rest = { digest: 'SHA256', keyId: undefined, contentType: undefined, requestId: '' } as const;
  return describeEvent({ ...signed, ...rest, owner: ownerOf(key, keys) }).foreignAccount === undefined
    ? []
    : ['foreign_account'];
}

const lostBytes =
  'The body holds U+FFFD: something on the way read bytes that are not UTF-8 as text, as an HTTP API does with application/json. The original bytes are lost.';

/** Whether the end of a body is missing. A complete body that is shorter than announced was not cut, but rewritten. */
function isCut(body: Buffer): boolean {
  const text = body.toString('utf8').trim();
  if (/^[\w.%+-]+=/.test(text)) return false;
  if (text.startsWith('<')) return !text.endsWith('>');
  return !isJson(text);
}

function lengthProblem({ headers, body }: CapturedRequest): string | undefined {
  const announced = Number(headers.get('content-length') ?? body.length);
  return announced > body.length ? `Content-Length is ${announced}, but ${body.length} bytes arrived.` : undefined;
}
