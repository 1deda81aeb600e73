import { sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { CapturedRequest } from '../../diagnosis/captured-request.ts';
import { causes } from '../../diagnosis/causes.ts';
import { type DiagnosisOptions, diagnose } from '../../diagnosis/diagnose.ts';
import { parseKeyring } from '../../lambda/keys/keyring.ts';
import { toWire, type Webhook } from '../../signing/sender.ts';
import { keyringOf, makeKey } from '../support.ts';
import { requestOf } from './broken.ts';

const key = makeKey();
const long = makeKey('SHA256', 2048);
const stranger = makeKey();
const { keys } = parseKeyring(keyringOf(key, long));
const date = new Date('2026-11-24T09:00:00Z');
const signedDate = date.toUTCString();
const webhook: Webhook = { method: 'POST', target: '/hook', body: '{"a":1}' };
const good = requestOf(toWire(webhook, key, date));
const evidenceOf = (capture: CapturedRequest, among = keys) => diagnose(capture, among).evidence;

/** A capture with other headers; `undefined` drops one. */
function withHeaders(changes: Record<string, string | undefined>, capture = good): CapturedRequest {
  const headers = Object.entries({ ...Object.fromEntries(capture.headers), ...changes });
  return {
    ...capture,
    headers: new Map(headers.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
  };
}

/** A capture whose signature is over these bytes. */
function signedOver(
  bytes: string,
  changes: Partial<CapturedRequest> = {},
  headers: Record<string, string | undefined> = {},
) {
  const signature = sign(key.digest, Buffer.from(bytes), key.privateKey).toString('base64');
  return withHeaders({ 'x-messagemedia-signature': signature, ...headers }, { ...good, ...changes });
}

const opened = `The signature opens under key ${key.id}: its owner signed, with SHA256.`;
const asSigned = 'The bytes that arrived are the bytes that were signed.';
const changed = 'With the changes named here, the hash is the one that was signed.';
const unknown = 'Neither the bytes that arrived nor any known change of them has the hash that was signed.';

describe('what is found is told in sentences:', () => {
  test('who signed, and that nothing was changed', () => {
    expect(diagnose(good, keys)).toEqual({
      ...{ cause: 'none', causes: ['none'], meaning: causes.none[0], mend: causes.none[1] },
      ...{ evidence: [opened, asSigned], signedBy: key.id },
    });
  });

  test('that a key without an id signed', () => {
    const nameless = keys.map((each) => ({ ...each, id: undefined }));
    expect(evidenceOf(good, nameless)[0]).toBe(
      'The signature opens under key without id: its owner signed, with SHA256.',
    );
  });

  test('what every cause means, and what to do about each', () => {
    const found = diagnose({ ...good, targets: ['/prod/hook'], body: Buffer.from('{"a":1}\n') }, keys);
    expect(found.evidence).toEqual([opened, changed]);
    expect(found).toMatchObject({ cause: 'path_prefix_added', causes: ['path_prefix_added', 'body_newline'] });
    const { path_prefix_added: first, body_newline: second } = causes;
    expect(found.meaning).toBe(`${first[0]} ${second[0]}`);
    expect(found.mend).toBe(`${first[1]} ${second[1]}`);
  });

  test('which headers were read in the place of others', () => {
    const { date: sent, 'x-messagemedia-signature': signature } = Object.fromEntries(good.headers);
    const renamed = { 'x-amzn-remapped-date': sent, 'x-amzn-remapped-x-messagemedia-signature': signature };
    const capture = withHeaders({ ...renamed, date: undefined, 'x-messagemedia-signature': undefined });
    const names = 'x-amzn-remapped-x-messagemedia-signature, x-amzn-remapped-date';
    expect(evidenceOf(capture)).toEqual([opened, `Read as headers of MessageMedia: ${names}.`, asSigned]);
  });

  test('that there is no signature, and what else there is of MessageMedia', () => {
    expect(evidenceOf(requestOf(toWire(webhook, undefined, date)))).toEqual(['There is no X-MessageMedia-Signature.']);
    const others = withHeaders({ 'x-messagemedia-signature': undefined, 'x-messagemedia-cipher-type': undefined });
    expect(evidenceOf(others)).toEqual([
      'There is no X-MessageMedia-Signature, but there is x-messagemedia-digest-type, x-messagemedia-key-id.',
    ]);
  });

  const none = 'The signature opens under none of the 2 keys of the keyring.';
  const short = withHeaders({ 'x-messagemedia-signature': Buffer.alloc(100, 1).toString('base64') });
  test.each<[string, CapturedRequest, string, string[]]>([
    [
      'that the keyring has neither the key nor its id',
      requestOf(toWire(webhook, stranger, date)),
      'key_not_in_keyring',
      [none, 'The request names a key id that the keyring does not have.'],
    ],
    ['that no key signed it', requestOf(toWire(webhook, { ...stranger, id: key.id }, date)), 'forged', [none]],
    ['how long it is and can be', short, 'signature_length', [none, 'It has 100 bytes, the keys have 128 or 256.']],
  ])('%s', (_what, capture, cause, evidence) => {
    expect(diagnose(capture, keys)).toMatchObject({ cause, evidence });
  });
});

test('a keyring without a key is named, and not the signature', () => {
  for (const keyId of [key.id, undefined]) {
    const found = diagnose(withHeaders({ 'x-messagemedia-key-id': keyId }), []);
    expect(found).toMatchObject({ causes: ['key_not_in_keyring'], evidence: ['The keyring has no key.'] });
  }
});

test('a signature that has lost a zero at its beginning is too short, although the key opens it', () => {
  let whole = sign(key.digest, good.body, key.privateKey);
  for (let index = 0; whole[0] !== 0; index++) whole = sign(key.digest, Buffer.from(`${index}`), key.privateKey);
  const signature = whole.subarray(1).toString('base64');
  expect(diagnose(withHeaders({ 'x-messagemedia-signature': signature }), keys).cause).toBe('signature_length');
});

describe('bytes that nothing explains:', () => {
  test('a body in which characters were lost says so', () => {
    const evidence = evidenceOf(signedOver('other', { body: Buffer.from('{"a":"\ufffd"}') }));
    expect(evidence).toEqual([
      opened,
      'The body holds U+FFFD: something on the way read bytes that are not UTF-8 as text, as an HTTP API does with application/json. The original bytes are lost.',
      unknown,
    ]);
  });

  test.each<[string, string, string]>([
    ['a form', 'content=a%2', 'other_bytes'],
    ['complete JSON', ' {"a":1}\n', 'other_bytes'],
    ['JSON without its end', '{"url":"http://h/?a=b', 'body_cut'],
    ['complete XML', '\n<a><b/></a>\n', 'other_bytes'],
    ['XML without its end', '<a>1</a', 'body_cut'],
    ['text', 'a > b', 'body_cut'],
  ])('%s that is shorter than its Content-Length', (_what, text, cause) => {
    const body = Buffer.from(text);
    const found = diagnose(signedOver('other', { body }, { 'content-length': '1000' }), keys);
    expect(found.causes).toEqual([cause]);
    const shorter = `Content-Length is 1000, but ${body.length} bytes arrived.`;
    expect(found.evidence).toEqual([opened, shorter, unknown]);
  });

  test('there is no Date, but one was signed', () => {
    const found = diagnose(withHeaders({ date: undefined }), keys);
    expect(found.causes).toEqual(['headers_missing']);
    expect(found.evidence).toEqual([opened, 'There is no Date, and the signature covers it.', unknown]);
  });

  test.each(['6', '7', undefined])('a body without its end is not called cut if its Content-Length is %s', (length) => {
    const found = diagnose(signedOver('other', { body: Buffer.from('{"a":1,') }, { 'content-length': length }), keys);
    expect(found.causes).toEqual(['other_bytes']);
    expect(found.evidence).toEqual([opened, unknown]);
  });

  test.each([
    ['a target', `POST undefined HTTP/1.1${signedDate}{"a":1}`],
    ['a Date', 'POST /hook HTTP/1.1undefined{"a":1}'],
    ['a prefix', `POST /undefined/hook HTTP/1.1${signedDate}{"a":1}`],
  ])('%s that the sender does not have, and signs as "undefined"', (_what, bytes) => {
    expect(diagnose(signedOver(bytes), keys).causes).toEqual(['other_bytes']);
  });
});

describe('what was signed is looked for in all that is known of the request:', () => {
  const causesOf = (
    target: string,
    changes: Partial<CapturedRequest>,
    headers: Record<string, string | undefined> = {},
  ) => diagnose(signedOver(`POST ${target} HTTP/1.1${signedDate}{"a":1}`, changes, headers), keys).causes;

  test('all targets that the sender may have called', () => {
    expect(causesOf('/%68ook?', { targets: ['/hook', '/hook?', '/%68ook?'] })).toEqual(['none']);
  });

  test('no target at all, which stands for the root, although the receiver refuses it', () => {
    expect(causesOf('/', { targets: [] })).toEqual(['target_format']);
  });

  test.each(['host', 'x-forwarded-host', 'x-original-host'])('the name in %s, with its port or without', (name) => {
    for (const origin of ['https://h.example:8443', 'https://h.example:443', 'https://h.example']) {
      expect(causesOf(`${origin}/hook`, {}, { [name]: 'h.example:8443' })).toEqual(['absolute_target']);
    }
    expect(causesOf('https://[2001:1::1]/hook', {}, { [name]: '[2001:1::1]:8443' })).toEqual(['absolute_target']);
    expect(causesOf('https://[2001:1::1]:443/hook', {}, { [name]: '[2001:1::1]:8443' })).toEqual(['absolute_target']);
  });

  test('the prefixes of the front door, and that of a proxy', () => {
    expect(causesOf('/stage-7/hook', { prefixes: ['stage-7'] })).toEqual(['path_prefix_removed']);
    const proxied = { 'x-forwarded-prefix': '/team/a/' };
    expect(causesOf('/team/a/hook', {}, proxied)).toEqual(['path_prefix_removed']);
    expect(causesOf('/stage-7/hook', { prefixes: ['stage-7'] }, proxied)).toEqual(['path_prefix_removed']);
  });

  test('a request that has no Date, and for which none was signed', () => {
    const capture = signedOver('POST /hook HTTP/1.1{"a":1}', { method: 'PUT' }, { date: undefined });
    expect(diagnose(capture, keys).causes).toEqual(['method_changed', 'no_date']);
  });
});

describe('what no receiver accepts is named, although it was signed as it arrived:', () => {
  const causesOf = (
    bytes: string,
    changes: Partial<CapturedRequest>,
    headers: Record<string, string | undefined> = {},
  ) => diagnose(signedOver(bytes, changes, headers), keys).causes;

  test.each([
    ['no Date', 'POST /hook HTTP/1.1{"a":1}', undefined, ['no_date']],
    ['a Date in another format', 'POST /hook HTTP/1.1today{"a":1}', 'today', ['date_format']],
    [
      'such a Date, in a request that was changed',
      'POST /hook HTTP/1.1today{"a":1}\n',
      'today',
      ['body_newline', 'date_format'],
    ],
    ['a Date that was rewritten', `POST /hook HTTP/1.1${signedDate}{"a":1}`, date.toISOString(), ['date_reformatted']],
  ])('%s', (_what, bytes, sent, expected) => {
    expect(causesOf(bytes, {}, { date: sent })).toEqual(expected);
  });

  test('a target with a space, if the sender may not have encoded it either', () => {
    const bytes = `POST /a b HTTP/1.1${signedDate}{"a":1}`;
    expect(causesOf(bytes, { targets: ['/a b'] })).toEqual(['target_format']);
    expect(causesOf(bytes, { targets: ['/a%20b'] })).toEqual(['percent_encoding']);
  });

  test.each(['EC', 'rsa', undefined])('the cipher %s', (cipher) => {
    const capture = withHeaders({ 'x-messagemedia-cipher-type': cipher });
    expect(diagnose(capture, keys).causes).toEqual([cipher === 'EC' ? 'cipher_header' : 'none']);
  });
});

describe('what is not known is not blamed:', () => {
  const causesOf = (capture: CapturedRequest, options: DiagnosisOptions = {}, among = keys) =>
    diagnose(capture, among, options).causes;
  const retired = keys.map((each) => ({ ...each, retiredAt: date.getTime() - 86_400_000 }));

  test('a digest that neither the header nor the keyring names', () => {
    expect(causesOf(withHeaders({ 'x-messagemedia-digest-type': undefined }))).toEqual(['none']);
    const open = keys.map((each) => ({ ...each, digest: undefined }));
    expect(causesOf(good, {}, open)).toEqual(['none']);
  });

  test('the retirement of a key, for a Date that cannot be read', () => {
    expect(causesOf(good, {}, retired)).toEqual(['key_retired']);
    expect(causesOf(signedOver('other', {}, { date: 'today' }), {}, retired)).toEqual(['other_bytes']);
  });

  test.each<[string, number, number | undefined, string]>([
    ['as old as it may be', 900_000, 900, 'none'],
    ['older', 900_001, 900, 'late'],
    ['a day old, if nothing is said', 86_400_000, undefined, 'none'],
    ['older than a day', 86_400_001, undefined, 'late'],
    ['of any age, where any is accepted', 86_400_001, 0, 'none'],
    ['as far ahead as it may be', -900_000, 86_400, 'none'],
    ['further ahead', -900_001, 86_400, 'clock'],
    ['far ahead, where any age is accepted', -900_001, 0, 'none'],
  ])('a request that is %s', (_what, age, toleranceSeconds, cause) => {
    const options = { receivedAt: date.getTime() + age, ...(toleranceSeconds !== undefined && { toleranceSeconds }) };
    expect(causesOf(good, options)).toEqual([cause]);
  });

  test('the age of a request of which nobody knows when it arrived', () => {
    expect(causesOf(good, { toleranceSeconds: 1 })).toEqual(['none']);
  });
});
