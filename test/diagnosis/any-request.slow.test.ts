import { sign as rsaSign } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { diagnose } from '../../diagnosis/diagnose.ts';
import { parseKeyring } from '../../lambda/keys/keyring.ts';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { toWire } from '../../signing/sender.ts';
import { keyringOf, makeKey } from '../support.ts';
import { breaks, captureOf } from './broken.ts';

/** What is true of any request, which takes a while to try. `diagnose.test.ts` has one of each kind. */

const key = makeKey('SHA256', 2048);
const { keys } = parseKeyring(keyringOf(key));
const date = new Date('2026-11-24T09:00:00Z');
const reply = sampleWebhooks('/api/messagemedia?kind=reply').smsReply;

test('any one change on any request is named', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((value) => value.isWellFormed());
  const segment = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/);
  fc.assert(
    fc.property(
      fc.record({ reply_id: fc.uuid(), message_id: fc.uuid(), content: text, n: fc.integer() }),
      segment,
      fc.constantFrom('kind=reply', 'kind=opt-out'),
      fc.integer({ min: 0, max: 2_000_000_000 }),
      fc.constantFrom(...breaks),
      (fields, last, query, seconds, [, cause, change]) => {
        const body = JSON.stringify({ ...fields, content: `ä/${fields.content}` });
        const webhook = { ...reply, target: `/api/${last}?${query}`, body };
        const capture = captureOf(toWire(webhook, key, new Date(seconds * 1000)));
        const found = diagnose(change(capture), keys).causes;
        if (cause === 'body_charset' && !isReversible(body)) return;
        expect(found).toEqual([cause]);
      },
    ),
    { numRuns: 300 },
  );
});

/** Characters that Latin-1 does not have are lost in it. */
function isReversible(text: string): boolean {
  return [...text].every((character) => character < '\u0100');
}

test('the work is bounded, and no secret is in the answer', () => {
  const body = JSON.stringify({ reply_id: 'x', content: 'ä/'.repeat(330_000) });
  const capture = captureOf(toWire({ ...reply, body }, key, date));
  const broken = { ...capture, body: Buffer.from(`${body} and more`), targets: ['/elsewhere'] };
  const time = (work: () => void) => {
    const started = process.cpuUsage();
    work();
    return process.cpuUsage(started).user;
  };
  const found = diagnose(broken, keys);
  expect(found.causes).toEqual(['other_bytes']);
  // A ratio within one run: the cost of a search, compared with hashing its budget of bytes.
  const hashing = time(() => rsaSign('SHA256', Buffer.alloc(600_000_000), key.privateKey));
  expect(time(() => diagnose(broken, keys))).toBeLessThan(hashing * 4);
  const shown = JSON.stringify(found);
  expect(shown).not.toContain(capture.headers.get('x-messagemedia-signature')?.slice(0, 40));
});
