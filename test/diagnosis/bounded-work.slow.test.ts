import { sign as rsaSign } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { diagnose } from '../../diagnosis/diagnose.ts';
import { parseKeyring } from '../../lambda/keys/keyring.ts';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { toWire } from '../../signing/sender.ts';
import { keyringOf, makeKey } from '../support.ts';
import { requestOf } from './broken.ts';

const key = makeKey('SHA256', 2048);
const { keys } = parseKeyring(keyringOf(key));
const date = new Date('2026-11-24T09:00:00Z');
const reply = sampleWebhooks('/api/messagemedia?kind=reply').smsReply;

test('the work is bounded, and no secret is in the answer', () => {
  const body = JSON.stringify({ reply_id: 'x', content: 'ä/'.repeat(330_000) });
  const capture = requestOf(toWire({ ...reply, body }, key, date));
  const broken = { ...capture, body: Buffer.from(`${body} and more`), targets: ['/elsewhere'] };
  const time = <T>(work: () => T): [number, T] => {
    const started = process.cpuUsage();
    const result = work();
    return [process.cpuUsage(started).user, result];
  };
  // A ratio within one run: the cost of a search, compared with hashing its budget of bytes.
  const [hashing] = time(() => rsaSign('SHA256', Buffer.alloc(600_000_000), key.privateKey));
  const [spent, found] = time(() => diagnose(broken, keys));
  expect(spent).toBeLessThan(hashing * 4);
  expect(found.causes).toEqual(['other_bytes']);
  const shown = JSON.stringify(found);
  expect(shown).not.toContain(capture.headers.get('x-messagemedia-signature')?.slice(0, 40));
});
