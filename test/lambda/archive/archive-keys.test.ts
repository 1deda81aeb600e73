import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { toKeyObject } from '../../../lambda/archive/archive-keys.ts';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { keyringOf, makeKey } from '../../support.ts';

const key = makeKey();
const other = makeKey('SHA224');
const now = new Date('2026-11-25T23:59:59Z');

test('keys and their lives are kept as they are, by day and by content', () => {
  const life = { enabled_at: '2026-01-01T00:00:00Z', retired_at: '2026-02-01T00:00:00Z', replaces: 'x' };
  const secret = JSON.stringify({ keys: [{ ...key.answer, ...life }, other.answer] });
  const { key: name, body } = toKeyObject(secret, now) ?? { key: '', body: '' };
  const { enabled: _enabled, ...kept } = key.answer;
  expect(JSON.parse(body).keys[0]).toEqual({ ...kept, ...life });
  expect(name).toBe(`keys/year=2026/month=11/day=25/${createHash('sha256').update(body).digest('hex')}.json`);
  const ids = (text: string) => parseKeyring(text).keys.map(({ id, retiredAt, digest }) => [id, retiredAt, digest]);
  expect(ids(body)).toEqual(ids(secret));
  expect(toKeyObject(secret, new Date('2026-11-25T00:00:00Z'))?.key).toBe(name);
});

test('nothing but public keys gets out, whatever was put into the secret', () => {
  const pem = key.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const secret = JSON.stringify({
    keys: [
      { ...key.answer, private_key: 'SECRET', note: { api_secret: 'SECRET' }, created: { nested: 'SECRET' } },
      { key_id: 'a', public_key: String(pem) },
      { key_id: 'b', public_key: 'SECRET' },
      { key_id: 'c', public_key: [key.answer.public_key, 'SECRET'] },
      { key_id: 'd', public_key: 7 },
      ['SECRET'],
      'SECRET',
      null,
    ],
    probe: { public_key: 'SECRET', until: '2026-11-26T00:00:00Z' },
    capture: { id: 'SECRET' },
  });
  const body = toKeyObject(secret, now)?.body ?? '';
  expect(body).not.toMatch(/SECRET|PRIVATE/);
  expect(JSON.parse(body).keys.map(({ key_id }: { key_id: string }) => key_id)).toEqual([key.id]);
});

test('a bare key and one answer of MessageMedia are keyrings too', () => {
  for (const secret of [key.answer.public_key, JSON.stringify(key.answer)]) {
    expect(parseKeyring(toKeyObject(secret, now)?.body ?? '').keys).toHaveLength(1);
  }
});

test('an empty keyring has nothing to keep, a broken one is an error', () => {
  expect(toKeyObject(keyringOf(), now)).toBeUndefined();
  expect(() => toKeyObject('{"keys":[{"public_key":"broken"}]}', now)).toThrow('yields no key');
  expect(() => toKeyObject('{', now)).toThrow('not valid JSON');
});
