import { describe, expect, test } from '@jest/globals';
import { readHeaders, readSignature } from '../../diagnosis/captured-request.ts';

describe('headers of a signature', () => {
  const read = (headers: Record<string, string>) => readHeaders(new Map(Object.entries(headers)));

  const values = { signature: 'c2ln', digest: 'SHA256', cipher: 'RSA', keyId: 'key', date: 'today' };
  const { signature, digest, cipher, keyId: id, date } = values;

  test('are read by their names, whatever else has the same ending', () => {
    const named = { signature, 'digest-type': digest, 'cipher-type': cipher, 'key-id': id };
    const ours = Object.fromEntries(Object.entries(named).map(([name, value]) => [`x-messagemedia-${name}`, value]));
    const headers = { 'other-signature': 'no', ...ours, 'x-old-date': 'no', date };
    expect(read(headers)).toEqual({ ...values, renamed: [] });
  });

  test('are read by the endings of their names, where those are missing or empty', () => {
    const renamed = {
      ...{ x_messagemedia_signature: signature, mm_digest_type: digest, mm_cipher_type: cipher, mm_key_id: id },
      'x-amzn-remapped-date': date,
    };
    const headers = { 'x-messagemedia-signature': '', ...renamed, 'if-date-x': 'no' };
    expect(read(headers)).toEqual({ ...values, renamed: Object.keys(renamed) });
  });

  test('are undefined where nothing is like them', () => {
    const missing = { signature: undefined, digest: undefined, keyId: undefined, date: undefined, renamed: [] };
    expect(read({ host: 'a.example', 'x-date': '', 'x-mm-signature-type': 'no' })).toEqual(missing);
  });
});

describe('a signature', () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const base64 = bytes.toString('base64');

  test('is plain as base64 with padding', () => {
    expect(readSignature(base64)).toEqual({ bytes, isPlain: true });
  });

  test.each([
    ['hex', bytes.toString('hex')],
    ['HEX', bytes.toString('hex').toUpperCase()],
    ['base64url', bytes.toString('base64url')],
    ['base64 without padding', base64.replaceAll('=', '')],
    ['base64 with line breaks', base64.replaceAll(/(.{76})/g, '$1\r\n')],
    ['base64 with line breaks that were escaped', base64.replaceAll(/(.{76})/g, '$1\\n')],
    ['base64 in quotes', `"${base64}"`],
    ['base64 that was encoded for a URL', encodeURIComponent(base64)],
    ['the same in lower case', encodeURIComponent(base64).replaceAll(/%../g, (code) => code.toLowerCase())],
  ])('is read as %s', (_name, value) => {
    expect(readSignature(value)).toEqual({ bytes, isPlain: false });
  });

  test.each([
    ['AAAA%e0BBBB', 'AAAABBBB'],
    ['AAAA%2bBBBB', 'AAAA+BBBB'],
    ['AAAA%zzBB', 'AAAAzzBB'],
    ['%', ''],
  ])('that is not encoded right, such as %s, is read as far as it goes', (value, plain) => {
    expect(readSignature(value)).toEqual({ bytes: Buffer.from(plain, 'base64'), isPlain: false });
  });

  test('of hex digits that are too few, or not in pairs, is base64', () => {
    for (const value of ['ab'.repeat(126), `${'ab'.repeat(128)}a`, `${'ab'.repeat(128)}zz`, `zz${'ab'.repeat(128)}`])
      expect(readSignature(value).bytes).toEqual(Buffer.from(value, 'base64'));
    expect(readSignature('ab'.repeat(128)).bytes).toEqual(Buffer.from('ab'.repeat(128), 'hex'));
  });
});
