import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readNamed } from '../options.ts';
import { decodeText } from '../text-file.ts';

/**
 * The RSA private key in a PEM file.
 *
 * @throws {Error} when the file cannot be read, or holds none
 */
export async function readPrivateKey(file: string): Promise<KeyObject> {
  const pem = decodeText(await readNamed(file));
  const expected = 'give a PEM file with an RSA private key, without a password';
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new Error(`File ${file} holds no private key that can be read: ${expected}.`, { cause });
  }
  if (key.asymmetricKeyType === 'rsa') return key;
  throw new Error(`File ${file} holds a key of type ${key.asymmetricKeyType}: ${expected}.`);
}
