import { constants, createVerify, type KeyObject, publicDecrypt, sign as rsaSign } from 'node:crypto';

/** Digests that MessageMedia signs with. Nothing else is ever accepted, whatever a header says. */
export type Digest = 'SHA224' | 'SHA256' | 'SHA512';

/** The three parts that a signature covers. */
export interface SignedRequest {
  method: string;
  /** Path and query exactly as the sender wrote them. */
  target: string;
  /** Value of the `Date` header. */
  date: string;
  /** The raw body; empty when there is none. */
  body: Uint8Array;
}

/** The three parts cannot be joined without ambiguity, so they can be neither signed nor verified. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
  readonly code: 'malformed_method' | 'malformed_target' | 'malformed_date';

  constructor(code: FramingError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Reads a digest's name. MessageMedia writes both `SHA512` and `SHA-512`; case and hyphen are ignored. */
export function parseDigest(name: string): Digest | undefined {
  const size = /^SHA-?(224|256|512)$/i.exec(name)?.[1];
  return size === undefined ? undefined : (`SHA${size}` as Digest);
}

/**
 * Milliseconds since the epoch of a strict IMF-fixdate (RFC 9110, 5.6.7) of a day that exists, or of the same with one digit
 * of the days 1 to 9, as Java's `RFC_1123_DATE_TIME` writes them; else `undefined`. Neither form is the beginning of the other.
 */
export function parseHttpDate(value: string): number | undefined {
  const fixdate = value.length === 28 ? `${value.slice(0, 5)}0${value.slice(5)}` : value;
  if (fixdate.length !== 29) return undefined;
  const time = Date.parse(fixdate);
  return !Number.isNaN(time) && new Date(time).toUTCString() === fixdate ? time : undefined;
}

/** A date with one digit of the days 1 to 9, for tests and local tools. */
export function oneDigitDate(date: Date): string {
  return date.toUTCString().replace(', 0', ', ');
}

/** An RFC 9110 method token. */
export function isMethod(value: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/.test(value);
}

/** A request target that cannot be confused with the parts around it: not empty, no white space, no control character. */
export function isTarget(value: string): boolean {
  return value !== '' && !/[\s\p{Cc}]/u.test(value) && value.isWellFormed();
}

/**
 * The bytes of a signature in canonical standard base64, with padding; `undefined` for anything else. With two spellings
 * a signature would be malleable, so the bits after the last byte must be zero too.
 */
export function decodeSignature(value: string): Buffer | undefined {
  // The longest RSA key in use has 8192 bits, so a longer value is not decoded.
  if (value === '' || value.length > 1368) return undefined;
  const bytes = Buffer.from(value, 'base64');
  return bytes.toString('base64') === value ? bytes : undefined;
}

/** Bytes in a signature of this key; `0` if it is not an RSA key. */
export function signatureLength(key: KeyObject): number {
  const known = lengths.get(key);
  if (known !== undefined) return known;
  const { modulusLength: bits = 0 } = (key.asymmetricKeyType === 'rsa' && key.asymmetricKeyDetails) || {};
  const length = Math.ceil(bits / 8);
  lengths.set(key, length);
  return length;
}

/** Cached, because reading a key's details takes longer than all other checks before RSA. */
const lengths = new WeakMap<KeyObject, number>();

/** First line of the request as it is signed. The version is always this text, whatever version the client used. */
export function requestLine(request: { method: string; target: string }): string {
  return `${request.method} ${request.target} HTTP/1.1`;
}

/**
 * The signed bytes: request line, `Date` and body with nothing between them. There is no separator, so only strict
 * framing keeps bytes from moving from one part to another under the same signature.
 *
 * @throws {FramingError} when method, target or date could be confused with the parts around them
 */
export function signedBytes(request: SignedRequest): Buffer {
  return Buffer.concat([signedHead(request), request.body]);
}

/** The part that is signed before the body. @throws {FramingError} as `signedBytes` */
function signedHead(request: SignedRequest): Buffer {
  if (!isMethod(request.method)) throw new FramingError('malformed_method', 'the method is not an HTTP token');
  if (!isTarget(request.target)) {
    throw new FramingError('malformed_target', 'the target is empty or holds white space or a control character');
  }
  if (parseHttpDate(request.date) === undefined) {
    throw new FramingError('malformed_date', 'the date is not an IMF-fixdate such as Wed, 18 Jul 2018 06:33:52 GMT');
  }
  return Buffer.from(requestLine(request) + request.date);
}

/**
 * Checks an RSASSA-PKCS1-v1_5 signature. A malformed request or signature is simply false.
 *
 * @param signature base64, exactly as long as the key's modulus
 * @param key an RSA public key
 */
export function verify(request: SignedRequest, signature: string, key: KeyObject, digest: Digest): boolean {
  const signatureBytes = decodeSignature(signature);
  if (signatureBytes === undefined || signatureBytes.length !== signatureLength(key)) return false;
  try {
    // In two parts, so that a large body is not copied.
    return createVerify(digest).update(signedHead(request)).update(request.body).verify(key, signatureBytes);
  } catch (error) {
    if (error instanceof FramingError) return false;
    throw error;
  }
}

/**
 * Whether the owner of this key made the signature, whatever was signed: only then is its padding right. The cost does not
 * depend on the body, so this check comes first where hashing would cost more. A request that passes is still to be
 * verified.
 */
export function isSignedBy(key: KeyObject, signature: string): boolean {
  try {
    publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(signature, 'base64'));
    return true;
  } catch {
    return false;
  }
}

/**
 * Signs a request as MessageMedia does, for tests and local tools.
 *
 * @param key an RSA private key
 * @returns the value of `X-MessageMedia-Signature`
 * @throws {FramingError} when the request could not be verified unambiguously
 */
export function sign(request: SignedRequest, key: KeyObject, digest: Digest): string {
  return rsaSign(digest, signedBytes(request), key).toString('base64');
}
