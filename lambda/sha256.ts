import { createHash, createHmac, createSecretKey, type Hash, type Hmac, type KeyObject } from 'node:crypto';
import type { Checksum, SourceData } from '@smithy/types';

/**
 * SHA-256 and its HMAC for the SDK's signer, with keys that are made once. Node takes five times as long for an HMAC whose
 * key is given as bytes or text, and every signed call has two. `npm run bench` shows when that no longer holds.
 */
export class Sha256 implements Checksum {
  readonly #key: KeyObject | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: SourceData) {
    this.#key = secret ? keyOf(secret) : undefined;
    this.#hash = this.#begin();
  }

  update(data: SourceData, encoding?: BufferEncoding): void {
    this.#hash.update(bytesOf(data, encoding));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin(): Hash | Hmac {
    return this.#key ? createHmac('sha256', this.#key) : createHash('sha256');
  }
}

/** Keys by the object that holds their bytes: the signer keeps the key that it derives for a day, and never changes it. */
const keys = new WeakMap<object, KeyObject>();

/** The secret access key is given as text in each call, and is the same in all of them. */
let lastText: { text: string; key: KeyObject } | undefined;

function keyOf(secret: SourceData): KeyObject {
  if (typeof secret === 'string') {
    if (lastText?.text !== secret) lastText = { text: secret, key: createSecretKey(bytesOf(secret)) };
    return lastText.key;
  }
  const known = keys.get(secret);
  if (known) return known;
  const key = createSecretKey(bytesOf(secret));
  keys.set(secret, key);
  return key;
}

function bytesOf(data: SourceData, encoding?: BufferEncoding): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, encoding);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
