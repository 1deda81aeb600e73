import { beforeEach, expect, test } from '@jest/globals';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { createKeyring } from '../../../lambda/keys/keyring-cache.ts';
import { createReceiver, type Outcome } from '../../../lambda/receiver/receiver.ts';
import { sampleWebhooks } from '../../../signing/sample-webhooks.ts';
import { toWire, type WireRequest } from '../../../signing/sender.ts';
import { httpApiEvent, keyringOf, makeKey } from '../../support.ts';

const key = makeKey();
const probeKey = makeKey();
const now = Date.UTC(2026, 10, 23, 9);
const { smsReply } = sampleWebhooks('/messagemedia');

let outcomes: Outcome[];
beforeEach(() => {
  outcomes = [];
});

/** @param until when the probe key expires */
function keyringWithProbe(until: string, probe: object = {}): string {
  const { key_id, public_key, digest } = probeKey.answer;
  return JSON.stringify({
    ...JSON.parse(keyringOf(key)),
    probe: { key_id, public_key, digest, until, ...probe },
  });
}

async function receive(secret: string, request: WireRequest) {
  const keyring = createKeyring({ load: async () => secret, now: () => now, warn: () => {} });
  const send = () => Promise.reject(new Error('a probe was queued'));
  const report = (outcome: Outcome) => outcomes.push(outcome);
  const receiver = createReceiver({ keyring, send, now: () => now, toleranceSeconds: 900, report });
  return receiver(httpApiEvent(request, 'request-1'), 'i');
}

const later = new Date(now + 60_000).toISOString();
const probe = toWire(smsReply, probeKey, new Date(now));

test('what the probe key signed is verified, answered with 200, and never queued', async () => {
  expect(await receive(keyringWithProbe(later), probe)).toMatchObject({
    statusCode: 200,
    body: '{"probe":"verified"}',
  });
  expect(outcomes).toEqual([{ outcome: 'probed', requestId: 'request-1', keyId: probeKey.id }]);
});

const { 'x-messagemedia-key-id': _name, ...nameless } = probe.headers;
test.each([
  ['after its time', keyringWithProbe(new Date(now).toISOString()), probe, 'unknown_key'],
  ['that is not named', keyringWithProbe(later), { ...probe, headers: nameless }, 'invalid_signature'],
  ['over other bytes', keyringWithProbe(later), { ...probe, body: Buffer.from('{}') }, 'unknown_key'],
  ['that cannot be read', keyringWithProbe(later, { public_key: 'AAAA' }), probe, 'unknown_key'],
  ['without an end', keyringWithProbe('for ever'), probe, 'unknown_key'],
])('a probe %s is refused', async (_what, secret, request, reason) => {
  expect(await receive(secret, request)).toMatchObject({ statusCode: 401 });
  expect(outcomes).toMatchObject([{ outcome: 'refused', reason }]);
});

test('a keyring is read behind a byte order mark, with a probe or without', () => {
  expect(parseKeyring(`\ufeff${keyringOf(key)}`).keys).toHaveLength(1);
  expect(parseKeyring(`\ufeff${keyringWithProbe(later)}`).diagnostics.probe?.key.id).toBe(probeKey.id);
});

test('a probe key is none of the keys that consumers verify with', () => {
  expect(parseKeyring(keyringWithProbe(later)).keys.map(({ id }) => id)).toEqual([key.id]);
});
