import { createPublicKey, type KeyObject } from 'node:crypto';

/** Reads base64 DER or PEM, even if line breaks were changed when it was pasted. */
export function parsePublicKey(value: string): KeyObject {
  const { label, text } = unwrapPem(value) ?? { label: 'PUBLIC KEY', text: value };
  if (label !== 'PUBLIC KEY' && label !== 'RSA PUBLIC KEY') throw new Error(`it is a ${label}, not a public key`);
  const base64 = text.replace(/\\[nr]|\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw new Error('public_key is neither base64 nor PEM');
  let key: KeyObject;
  try {
    const type = label === 'PUBLIC KEY' ? 'spki' : 'pkcs1';
    key = createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type });
  } catch {
    throw new Error('public_key does not decode to a public key');
  }
  if (key.asymmetricKeyType !== 'rsa') throw new Error(`it is a ${key.asymmetricKeyType} key, not RSA`);
  return key;
}

function unwrapPem(value: string): { label: string; text: string } | undefined {
  const begin = /-----BEGIN ([A-Z ]+)-----/.exec(value);
  if (begin === null) return undefined;
  const start = begin.index + begin[0].length;
  const end = value.indexOf('-----END', start);
  return end === -1 ? undefined : { label: String(begin[1]), text: value.slice(start, end) };
}
