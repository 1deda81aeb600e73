import { signatureHeaders } from '../lambda/contract.ts';

/** A request as it arrived somewhere, with everything that may explain why its signature fails. */
export interface CapturedRequest {
  method: string;
  /** Request targets that the sender may have written, likeliest first. */
  targets: readonly string[];
  /** Values by lower-case name. */
  headers: ReadonlyMap<string, string>;
  body: Buffer;
  /** Path prefixes that the front door may have removed, such as its stage. */
  prefixes?: readonly string[];
}

/** The values of the signature's headers, whatever name they arrived under. */
export interface SignatureHeaders {
  signature: string | undefined;
  digest: string | undefined;
  cipher: string | undefined;
  keyId: string | undefined;
  date: string | undefined;
  /** Names of headers that were read in place of the expected ones. */
  renamed: string[];
}

/** Finds the headers of a signature by name, else by a name with the same ending (`x_messagemedia_signature`, `x-amzn-remapped-date`). */
export function readHeaders(headers: ReadonlyMap<string, string>): SignatureHeaders {
  const renamed: string[] = [];
  const find = (name: string, ending: string) => {
    const value = headers.get(name);
    if (value) return value;
    const alike = [...headers].find(([other, text]) => text !== '' && other.replaceAll('_', '-').endsWith(ending));
    if (alike) renamed.push(alike[0]);
    return alike?.[1];
  };
  return {
    signature: find(signatureHeaders.signature, 'signature'),
    digest: find(signatureHeaders.digest, 'digest-type'),
    cipher: find(signatureHeaders.cipher, 'cipher-type'),
    keyId: find(signatureHeaders.keyId, 'key-id'),
    date: find('date', '-date'),
    renamed,
  };
}

/** Bytes of a signature in any encoding, and whether the encoding was right. */
export function readSignature(value: string): { bytes: Buffer; isPlain: boolean } {
  const compact = value.replaceAll(/\s|\\n|"/g, '');
  if (/^(?:[0-9a-f]{2})+$/i.test(compact) && compact.length >= 256)
    return { bytes: Buffer.from(compact, 'hex'), isPlain: false };
  const plain = compact.replace(/%([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(Number(`0x${hex}`)));
  // Node reads base64 and base64url alike, with or without padding.
  const bytes = Buffer.from(plain, 'base64');
  return { bytes, isPlain: bytes.toString('base64') === value };
}
