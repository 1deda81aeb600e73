import { constants, type KeyObject, publicDecrypt } from 'node:crypto';

/** What the signature says was signed: the digest's name for `createHash`, and the hash. */
export interface SignedHash {
  digest: string;
  hash: Buffer;
}

/** Beginnings of a DigestInfo (RFC 8017, 9.2), up to the hash. */
const prefixes: Record<string, string> = {
  MD5: '3020300c06082a864886f70d020505000410',
  SHA1: '3021300906052b0e03021a05000414',
  SHA224: '302d300d06096086480165030402040500041c',
  SHA256: '3031300d060960864801650304020105000420',
  SHA384: '3041300d060960864801650304020205000430',
  SHA512: '3051300d060960864801650304020305000440',
};

/**
 * Opens an RSASSA-PKCS1-v1_5 signature. This succeeds only if the signature was made with the private key. So it shows who
 * signed, even if it is not known what was signed.
 *
 * @returns `undefined` when another key signed
 */
export function openSignature(signature: Buffer, key: KeyObject): SignedHash | undefined {
  let info: string;
  try {
    info = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature).toString('hex');
  } catch {
    return undefined;
  }
  const found = Object.entries(prefixes).find(([, prefix]) => info.startsWith(prefix));
  return found && { digest: found[0], hash: Buffer.from(info.slice(found[1].length), 'hex') };
}
