import { sign } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { diagnose } from '../../diagnosis/diagnose.ts';
import { createKeyring } from '../../lambda/keys/keyring-cache.ts';
import { authenticate } from '../../lambda/receiver/authenticate.ts';
import { parseRequest } from '../../lambda/receiver/request.ts';
import { frontDoors } from '../lambda/hostile/front-doors.ts';
import { keyringOf, makeKey } from '../support.ts';

const key = makeKey('SHA256', 1024);
const other = makeKey('SHA512', 1024);
const keyring = createKeyring({ load: async () => keyringOf(key, other), now: Date.now, warn: () => {} });
const keys = await keyring.keys();
const now = Date.parse('2026-11-04T09:00:30Z');
const toleranceSeconds = 3_600;

const good = 'Wed, 04 Nov 2026 09:00:00 GMT';
const oneDigit = 'Wed, 4 Nov 2026 09:00:00 GMT';
const late = 'Tue, 03 Nov 2026 09:00:00 GMT';
const early = 'Wed, 4 Nov 2026 10:00:00 GMT';

/** Mostly what is right, so that most requests are wrong in few ways. */
const mostly = <Value>(right: Value, ...wrong: Value[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(right) }, { weight: 1, arbitrary: fc.constantFrom(...wrong) });

/** Requests that their sender signed as they are, however strange they are. */
const requests = fc.record({
  method: mostly('POST', 'GET', 'post', 'PROPFIND'),
  target: mostly('/hook?kind=reply', '/hook', '/a b', '/h\u00f6k', '/hook?a b'),
  date: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(good, oneDigit) },
    fc.constantFrom(late, early, undefined, '', 'today', '2026-11-04T09:00:00Z', `${good} `, ` ${oneDigit}`),
    fc.constantFrom('Wed,  4 Nov 2026 09:00:00 GMT', 'Thu, 4 Nov 2026 09:00:00 GMT', 'Wed, 4 Nov 2026 9:00:00 GMT'),
  ),
  door: fc.constantFrom<keyof typeof frontDoors>('httpApi', 'restApi'),
  dateHeader: mostly('date', 'x-amzn-remapped-date'),
  body: fc.constantFrom('{"a":1}', ''),
  digest: mostly<string | undefined>('SHA256', 'SHA-256', 'SHA512', 'MD5', '', undefined),
  cipher: mostly<string | undefined>('RSA', 'rsa', 'EC', '', undefined),
  keyId: mostly<string | undefined>(key.id, key.id.toUpperCase(), other.id, 'nobody', '', undefined),
  write: mostly(
    (bytes: Buffer) => bytes.toString('base64'),
    (bytes) => bytes.toString('base64url'),
    (bytes) => bytes.toString('hex'),
    (bytes) => `${bytes.toString('base64')}\n`,
    (bytes) => bytes.subarray(1).toString('base64'),
  ),
});

test('the doctor finds nothing wrong exactly where the receiver accepts', async () => {
  await fc.assert(
    fc.asyncProperty(
      requests,
      async ({ method, target, door, date, dateHeader, body, digest, cipher, keyId, write }) => {
        const signed = Buffer.from(`${method} ${target} HTTP/1.1${date ?? ''}${body}`);
        const given = {
          [dateHeader]: date,
          'x-messagemedia-digest-type': digest,
          'x-messagemedia-cipher-type': cipher,
          'x-messagemedia-key-id': keyId,
          'x-messagemedia-signature': write(sign('SHA256', signed, key.privateKey)),
        };
        const headers: Record<string, string> = {};
        for (const [name, value] of Object.entries(given)) if (value !== undefined) headers[name] = value;
        const wire = { method, target, headers, body: Buffer.from(body) };
        const event = frontDoors[door](wire);
        const refusal = await Promise.resolve()
          .then(() => authenticate(parseRequest(event), 'i', { keyring, now: () => now, toleranceSeconds }))
          .then(
            () => undefined,
            (error: { code: string }) => error.code,
          );
        // With the headers as the front door passes them on, and the target as it was sent.
        const capture = { method, targets: [target], headers: parseRequest(event).headers, body: wire.body };
        const { causes } = diagnose(capture, keys, { receivedAt: now, toleranceSeconds });
        const isFine = refusal === undefined;
        expect({ refusal, isFine: causes[0] === 'none', causes }).toEqual({ refusal, isFine, causes });
      },
    ),
    { numRuns: 150 },
  );
});
