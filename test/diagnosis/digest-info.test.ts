import { createHash, privateEncrypt, sign } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { openSignature } from '../../diagnosis/digest-info.ts';
import { makeKey } from '../support.ts';

const key = makeKey();
const bytes = Buffer.from('POST / HTTP/1.1Mon, 23 Nov 2026 09:00:00 GMT{}');

test.each(['MD5', 'SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512'])(
  'a signature with %s shows the digest and the hash of what was signed',
  (digest) => {
    const hash = createHash(digest).update(bytes).digest();
    expect(openSignature(sign(digest, bytes, key.privateKey), key.publicKey)).toEqual({ digest, hash });
  },
);

test('a signature of another key cannot be opened', () => {
  expect(openSignature(sign('SHA256', bytes, makeKey().privateKey), key.publicKey)).toBeUndefined();
});

test.each([
  ['with a digest that is none of these', sign('RIPEMD160', bytes, key.privateKey)],
  ['of a hash alone', privateEncrypt(key.privateKey, createHash('sha256').update(bytes).digest())],
  [
    'with other bytes in front',
    privateEncrypt(key.privateKey, Buffer.from(`003031300d060960864801650304020105000420${'00'.repeat(32)}`, 'hex')),
  ],
])('a signature %s says nothing', (_what, signature) => {
  expect(openSignature(signature, key.publicKey)).toBeUndefined();
});
