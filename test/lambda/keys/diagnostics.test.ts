import { expect, test } from '@jest/globals';
import { readDiagnostics } from '../../../lambda/keys/keyring-secret.ts';

const until = '2026-11-24T00:00:00.000Z';
const probe = { key_id: 'p', public_key: 'AAAA', digest: 'SHA256', until };
const capture = { id: 'c-1_A', count: 3, until };
const secret = (members: object) => JSON.stringify({ keys: [], ...members });

test.each<[string, object]>([
  [secret({ probe }), { probe }],
  [secret({ capture }), { capture }],
  [`\ufeff\n${secret({ probe, capture, more: 1 })}\n`, { probe, capture }],
  [secret({ capture: { ...capture, id: 'c'.repeat(64) } }), { capture: { ...capture, id: 'c'.repeat(64) } }],
  [secret({}), {}],
])('%j asks for %j', (text, expected) => {
  expect(readDiagnostics(text)).toEqual(expected);
});

test.each([
  ['AAAA'],
  [''],
  ['[1]'],
  // One answer of the create-key call is a key, whatever else it has.
  [JSON.stringify({ public_key: 'AAAA', probe, capture })],
  [JSON.stringify({ keys: {}, probe, capture })],
])('a secret of another form asks for nothing: %s', (text) => {
  expect(readDiagnostics(text)).toEqual({});
});

test.each([
  { probe: null, capture: null },
  { probe: [], capture: [] },
  { probe: 'p', capture: 'c' },
  { probe: { ...probe, key_id: undefined } },
  { probe: { ...probe, key_id: '' } },
  { probe: { ...probe, public_key: 7 } },
  { probe: { ...probe, public_key: '' } },
  { probe: { ...probe, digest: null } },
  { probe: { ...probe, digest: '' } },
  { probe: { ...probe, until: 'for ever' } },
  { capture: { ...capture, id: 7 } },
  { capture: { ...capture, id: '' } },
  { capture: { ...capture, id: '../keys' } },
  { capture: { ...capture, id: 'keys/..' } },
  { capture: { ...capture, id: 'c'.repeat(65) } },
  { capture: { ...capture, count: '3' } },
  { capture: { ...capture, count: 1.5 } },
  { capture: { ...capture, until: 'for ever' } },
])('what cannot be read is not asked for: %j', (members) => {
  expect(readDiagnostics(secret(members))).toEqual({});
});
