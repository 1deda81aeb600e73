import { expect, test } from '@jest/globals';
import { Hash } from '@smithy/core/serde';
import type { SourceData } from '@smithy/types';
import fc from 'fast-check';
import { Sha256 } from '../../lambda/sha256.ts';

const text = fc.oneof(
  fc.constant(''),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ unit: 'grapheme', maxLength: 100 }),
);
const bytes = fc.oneof(fc.constant(new Uint8Array()), fc.uint8Array({ maxLength: 200 }));
/** A part of a buffer, which begins anywhere in it. */
const view = fc
  .tuple(bytes, fc.nat(20), fc.nat(20))
  .map(([{ buffer, length }, before, after]) => [buffer, Math.min(before, length), after] as const)
  .chain(([buffer, start, after]) => {
    const length = Math.max(0, buffer.byteLength - start - after);
    return fc.constantFrom(
      new DataView(buffer, start, length),
      new Uint8Array(buffer, start, length),
      Buffer.from(buffer, start, length),
    );
  });
const source: fc.Arbitrary<SourceData> = fc.oneof(
  ...[text, bytes, view, bytes.map((value) => Buffer.from(value)), bytes.map((value) => value.slice().buffer)],
);
const encoding = fc.constantFrom(undefined, 'utf8', 'hex', 'base64', 'latin1', 'utf16le');

/** A piece of data, or `undefined` for a new start. */
const steps = fc.array(fc.option(fc.tuple(source, encoding), { nil: undefined, freq: 4 }), { maxLength: 6 });
type Steps = typeof steps extends fc.Arbitrary<infer Value> ? Value : never;

async function digest(hash: Pick<Sha256, 'update' | 'digest' | 'reset'>, taken: Steps): Promise<string> {
  for (const step of taken) {
    if (step) hash.update(...step);
    else hash.reset();
  }
  return Buffer.from(await hash.digest()).toString('hex');
}

/** Uses both, and then both again, because a key is kept. */
async function expectEqual(secret: SourceData | undefined, taken: Steps): Promise<void> {
  for (let time = 0; time < 2; time++)
    expect(await digest(new Sha256(secret), taken)).toBe(await digest(new Hash('sha256', secret), taken));
}

test("every hash is that of the SDK's own class, with a secret of any form or without one", async () => {
  const secret = fc.option(source, { nil: undefined });
  await fc.assert(fc.asyncProperty(secret, steps, expectEqual), { numRuns: 300 });
});

test('secrets in turns do not get the key of each other, whether they are text or bytes', async () => {
  const secrets = fc.tuple(source, source);
  const inTurns = async ([one, other]: [SourceData, SourceData], taken: Steps) => {
    for (const secret of [one, other, one, other]) await expectEqual(secret, taken);
  };
  await fc.assert(fc.asyncProperty(secrets, steps, inTurns), { numRuns: 50 });
  await fc.assert(fc.asyncProperty(fc.tuple(text, text), steps, inTurns), { numRuns: 50 });
});

test('the key of bytes is made once: bytes that change later, as those of the SDK never do, do not change it', async () => {
  const secret = Buffer.from('one');
  const before = await digest(new Sha256(secret), [['data', undefined]]);
  await digest(new Sha256(Buffer.from('other')), []);
  secret.write('two');
  expect(await digest(new Sha256(secret), [['data', undefined]])).toBe(before);
});
