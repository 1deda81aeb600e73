import { createPublicKey, createSecretKey, generateKeyPairSync, sign as rsaSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Digest,
  decodeSignature,
  isSignedBy,
  oneDigitDate,
  parseDigest,
  parseHttpDate,
  type SignedRequest,
  sign,
  signatureLength,
  signedBytes,
  verify,
} from '../../lambda/signature.ts';
import { makeKey } from '../support.ts';

interface Vector extends Omit<SignedRequest, 'body'> {
  name: string;
  bits: number;
  digest: Digest;
  body_base64: string;
  public_key: string;
  signature: string;
}
const read = (name: string) => JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'));
const vectors: Vector[] = read('signatures.json');
const ofJdk: (Vector & { seconds: number })[] = read('jdk.json');

describe('known answers of openssl', () => {
  test('cover every key size, digest and case', () => {
    expect(new Set(vectors.map(({ bits, digest, name }) => `${bits} ${digest} ${name}`)).size).toBe(3 * 3 * 4);
  });

  test.each(vectors)('$bits bits, $digest, $name', expectGood);
});

describe('known answers of the JDK', () => {
  test('have every day of one digit, and some of two', () => {
    const days = ofJdk.map(({ date }) => Number(/ (\d+) /.exec(date)?.[1]));
    expect(days).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 30]);
  });

  test.each(ofJdk)('$date', (vector) => {
    expectGood(vector);
    expect(parseHttpDate(vector.date)).toBe(vector.seconds * 1000);
    expect(oneDigitDate(new Date(vector.seconds * 1000))).toBe(vector.date);
  });
});

function expectGood({ body_base64, public_key, signature, digest, ...parts }: Vector): void {
  const key = createPublicKey({ key: Buffer.from(public_key, 'base64'), format: 'der', type: 'spki' });
  const request = { ...parts, body: Buffer.from(body_base64, 'base64') };
  for (const other of ['SHA224', 'SHA256', 'SHA512'] as const) {
    expect(verify(request, signature, key, other)).toBe(other === digest);
  }
}

const { privateKey, publicKey } = makeKey();
const methods = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE');
const targets = fc
  .string({ unit: 'grapheme', maxLength: 60 })
  .map((rest) => `/${rest.toWellFormed().replace(/[\s\p{Cc}]/gu, '_')}`);
const dates = fc
  .date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
  .chain((date) => fc.constantFrom(date.toUTCString(), oneDigitDate(date)));
const bodies = fc.uint8Array({ maxLength: 200 });
const requests: fc.Arbitrary<SignedRequest> = fc.record({
  method: methods,
  target: targets,
  date: dates,
  body: bodies,
});
const digests = fc.constantFrom<Digest>('SHA224', 'SHA256', 'SHA512');

describe('any request', () => {
  test('that is signed verifies', () => {
    fc.assert(
      fc.property(requests, digests, (request, digest) =>
        verify(request, sign(request, privateKey, digest), publicKey, digest),
      ),
      { numRuns: 100 },
    );
  });

  /** The same text with the character at an index replaced by its neighbour in Unicode. */
  const bump = (text: string, index: number) => {
    const at = index % text.length;
    return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
  };

  test('does not verify with any byte of a part or of the signature changed, nor with another spelling of it', () => {
    fc.assert(
      fc.property(requests, fc.nat(), fc.integer({ min: 1, max: 255 }), (request, index, flip) => {
        const signature = sign(request, privateKey, 'SHA256');
        const body = Buffer.from(request.body);
        if (body.length > 0) body[index % body.length] = Number(body[index % body.length]) ^ flip;
        const changes: SignedRequest[] = [
          { ...request, method: bump(request.method, index) },
          { ...request, target: bump(request.target, index) },
          { ...request, date: bump(request.date, index) },
          { ...request, body: body.length > 0 ? body : Buffer.from([flip]) },
          { ...request, body: Buffer.concat([request.body, Buffer.from([flip])]) },
        ];
        for (const change of changes) expect(verify(change, signature, publicKey, 'SHA256')).toBe(false);
        const bytes = Buffer.from(signature, 'base64');
        bytes[index % bytes.length] = Number(bytes[index % bytes.length]) ^ flip;
        const unpadded = signature.replace(/=+$/, '');
        for (const other of [bytes.toString('base64'), bump(signature, index), unpadded, `${signature}=`])
          expect(verify(request, other, publicKey, 'SHA256')).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  test('verifies in no other division into target, date and body, though the joined bytes are the same', () => {
    const version = ' HTTP/1.1';
    const parts = ['Wed, 18 Jul 2018 06:33:52 GMT', 'Wed, 04 Nov 2026 06:33:52 GMT', 'Wed, 4 Nov 2026 06:33:52 GMT'];
    // Bodies made of parts that a forger needs: more versions, more dates, and filling.
    const fillings = fc.constantFrom(version, ...parts, '/a', ' ', 'Wed', 'T', '4', '\t', '\u00a0');
    const pieces = fc.array(fillings, { maxLength: 6 });
    fc.assert(
      fc.property(targets, fc.constantFrom(...parts), pieces, (target, date, body) => {
        const original: SignedRequest = { method: 'POST', target, date, body: Buffer.from(body.join('')) };
        const signature = sign(original, privateKey, 'SHA256');
        const joined = signedBytes(original).toString();
        let verified = 0;
        for (let at = joined.indexOf(version); at >= 0; at = joined.indexOf(version, at + 1)) {
          const rest = joined.slice(at + version.length);
          for (let length = 0; length <= rest.length; length++) {
            const division = { date: rest.slice(0, length), body: Buffer.from(rest.slice(length)) };
            const candidate = { method: 'POST', target: joined.slice('POST '.length, at), ...division };
            if (verify(candidate, signature, publicKey, 'SHA256')) {
              verified++;
              expect(candidate).toEqual(original);
            }
          }
        }
        expect(verified).toBe(1);
      }),
      { numRuns: 50 },
    );
  });

  test('has a date that is not the beginning of another date', () => {
    const all = ['18', '04', '4', '14', '40'].map((day) => `Wed, ${day} Nov 2026 06:33:52 GMT`);
    fc.assert(
      fc.property(
        fc.oneof(dates, fc.constantFrom(...all)),
        fc.string({ unit: 'binary-ascii', maxLength: 3 }),
        (date, more) => {
          for (let length = 0; length < date.length; length++)
            expect(parseHttpDate(date.slice(0, length))).toBeUndefined();
          expect(parseHttpDate(date + more)).toBe(more === '' ? parseHttpDate(date) : undefined);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a request that cannot be framed', () => {
  const good = { method: 'POST', target: '/a', date: 'Wed, 18 Jul 2018 06:33:52 GMT', body: Buffer.from('{}') };

  test.each([
    ['malformed_method', 'the method is not an HTTP token', { method: 'PO ST' }],
    ['malformed_method', 'the method is not an HTTP token', { method: '' }],
    ['malformed_method', 'the method is not an HTTP token', { method: 'X'.repeat(33) }],
    ['malformed_target', 'the target is empty or holds white space or a control character', { target: '/\u00a0' }],
    ['malformed_target', 'the target is empty or holds white space or a control character', { target: '/\ud800' }],
    ['malformed_target', 'the target is empty or holds white space or a control character', { target: '' }],
    ['malformed_date', 'the date is not an IMF-fixdate such as Wed, 18 Jul 2018 06:33:52 GMT', { date: 'yesterday' }],
  ])('%s: %s', (code, message, part) => {
    const error = { name: 'FramingError', code, message };
    expect(() => signedBytes({ ...good, ...part })).toThrow(expect.objectContaining(error));
    expect(() => sign({ ...good, ...part }, privateKey, 'SHA256')).toThrow(expect.objectContaining(error));
    expect(verify({ ...good, ...part }, sign(good, privateKey, 'SHA256'), publicKey, 'SHA256')).toBe(false);
  });

  test('is told from one that can, and from what is wrong on this side', () => {
    expect(signedBytes(good).toString()).toBe('POST /a HTTP/1.1Wed, 18 Jul 2018 06:33:52 GMT{}');
    const signature = sign(good, privateKey, 'SHA256');
    expect(() => verify(good, signature, publicKey, 'SHA0' as Digest)).toThrow('Invalid digest');
  });
});

test('a PSS signature is none, though the key made it', () => {
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 1024 });
  const request = { method: 'POST', target: '/a', date: 'Wed, 18 Jul 2018 06:33:52 GMT', body: Buffer.alloc(0) };
  const signature = rsaSign('SHA256', signedBytes(request), pss.privateKey).toString('base64');
  expect(signatureLength(pss.publicKey)).toBe(0);
  expect(verify(request, signature, pss.publicKey, 'SHA256')).toBe(false);
});

test('a signature is as long as its key, and a key that cannot sign has none', () => {
  expect(signatureLength(publicKey)).toBe(128);
  expect(signatureLength(makeKey('SHA256', 1025).publicKey)).toBe(129);
  expect(signatureLength(createSecretKey(Buffer.alloc(16)))).toBe(0);
});

test('the length of a key is read once, because that takes long', () => {
  const { publicKey: key } = makeKey('SHA256', 1024);
  const details = key.asymmetricKeyDetails;
  let reads = 0;
  const get = () => {
    reads++;
    return details;
  };
  Object.defineProperty(key, 'asymmetricKeyDetails', { get });
  expect([signatureLength(key), signatureLength(key)]).toEqual([128, 128]);
  expect(reads).toBe(1);
});

test('whose signature it is shows without what was signed', () => {
  const [first, second] = vectors.filter(({ bits }) => bits === 2048);
  const keyOf = (vector = first) =>
    createPublicKey({ key: Buffer.from(vector?.public_key ?? '', 'base64'), format: 'der', type: 'spki' });
  expect(isSignedBy(keyOf(first), first?.signature ?? '')).toBe(true);
  expect(isSignedBy(keyOf(second), second?.signature ?? '')).toBe(true);
  expect(isSignedBy(publicKey, first?.signature ?? '')).toBe(false);
  expect(isSignedBy(keyOf(first), Buffer.alloc(256, 1).toString('base64'))).toBe(false);
});

test.each([
  ['Wed, 18 Jul 2018 06:33:52 GMT', Date.UTC(2018, 6, 18, 6, 33, 52)],
  ['Thu, 29 Feb 2024 23:59:59 GMT', Date.UTC(2024, 1, 29, 23, 59, 59)],
  ['Wed, 4 Nov 2026 06:33:52 GMT', Date.UTC(2026, 10, 4, 6, 33, 52)],
  ['Wed, 04 Nov 2026 06:33:52 GMT', Date.UTC(2026, 10, 4, 6, 33, 52)],
])('the date %j is %j', (value, expected) => {
  expect(parseHttpDate(value)).toBe(expected);
});

test.each([
  // These two were a Wednesday.
  ...['Thu, 18 Jul 2018 06:33:52 GMT', 'Thu, 4 Nov 2026 06:33:52 GMT', 'Thu, 29 Feb 2023 23:59:59 GMT'],
  ...['Wed, 18 Jul 2018 24:00:00 GMT', 'Wed, 18 Jul 2018 06:33:60 GMT', 'Wed, 18 Jul 2018 06:33:52 UTC'],
  ...['wed, 18 jul 2018 06:33:52 gmt', 'Wednesday, 18-Jul-18 06:33:52 GMT', 'Wed Jul 18 06:33:52 2018'],
  ...['2018-07-18T06:33:52Z', ' Wed, 18 Jul 2018 06:33:52 GMT', 'Wed, 18 Jul 2018 06:33:52 GMT ', ''],
  ...['Wed, 18 Jul 2018 06:33:52 GMT,Wed, 18 Jul 2018 06:33:52 GMT', 'Sat, 01 Jan 10000 00:00:00 GMT'],
  ...['Wed,  4 Nov 2026 06:33:52 GMT', 'Wed, 4  Nov 2026 06:33:52 GMT', 'Wed,4 Nov 2026 06:33:52 GMT'],
  ...['Wed, 004 Nov 2026 06:33:52 GMT', 'Sat, 0 Nov 2026 06:33:52 GMT', 'Wed, \u0664 Nov 2026 06:33:52 GMT'],
  ...['Wed, 4 Nov 2026 6:33:52 GMT', 'Wed, 14 Nov 2026 6:33:52 GMT', 'Wed, 18 Jul 018 06:33:52 GMT'],
  ...['wed, 4 nov 2026 06:33:52 gmt', 'Wed, 4 Nov 2026 06:33:52 UTC', 'Wed, 4 Nov 2026 06:33:52 +0000'],
  ...[' Wed, 4 Nov 2026 06:33:52 GMT', 'Wed, 4 Nov 2026 06:33:52 GMT ', 'Wed, 4 Nov 26 06:33:52 GMT'],
  'Sat, 1 Jan 10000 00:00:00 GMT',
])('%j is no date', (value) => {
  expect(parseHttpDate(value)).toBeUndefined();
});

test('a digest has its name, in any case, with or without a hyphen', () => {
  expect(['SHA256', 'SHA-512', 'sha-224'].map(parseDigest)).toEqual(['SHA256', 'SHA512', 'SHA224']);
  const others = ['SHA1', 'RSASHA256', 'SHA2561', 'SHA384', 'SHA-512/256', 'SHA--256', 'MD5', ''];
  expect(others.flatMap((name) => parseDigest(name) ?? [])).toEqual([]);
});

test('a signature is canonical standard base64', () => {
  expect(decodeSignature('AAEC')).toEqual(Buffer.from([0, 1, 2]));
  expect(decodeSignature('AAE=')).toEqual(Buffer.from([0, 1]));
  expect(decodeSignature('A'.repeat(1368))).toEqual(Buffer.alloc(1026));
  expect(decodeSignature('A'.repeat(1372))).toBeUndefined();
  for (const bad of ['', 'AAE', 'AAF=', 'A-_C', 'AA EC', 'AAEC\n', 'AAEC====', 'é'.repeat(4), 'A'.repeat(4000)]) {
    expect(decodeSignature(bad)).toBeUndefined();
  }
});
