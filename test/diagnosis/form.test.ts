import { expect, test } from '@jest/globals';
import type { Capture } from '../../diagnosis/capture.ts';
import type { Cause } from '../../diagnosis/causes.ts';
import { ofForm } from '../../diagnosis/dates.ts';

const good = 'Tue, 24 Nov 2026 09:00:00 GMT';

test.each<[string, { targets?: string[]; date?: string | undefined; cipher?: string }, Cause[], Cause[]]>([
  ['nothing that is right', {}, [], []],
  ['nothing that is right, with a target of several', { targets: ['/a b', '/a%20b'] }, [], []],
  ['no Date', { date: undefined }, [], ['no_date']],
  ['a Date in another format', { date: 'today' }, [], ['date_format']],
  ['such a Date, beside another change', { date: 'today' }, ['method_changed', 'body_newline'], ['date_format']],
  ['no such Date, if the format was changed on the way', { date: 'today' }, ['body_newline', 'date_reformatted'], []],
  ['a target with a space', { targets: ['/a b'] }, [], ['target_format']],
  ['no such target, if it was changed on the way', { targets: ['/a b'] }, ['percent_encoding'], []],
  ['no target', { targets: [] }, [], ['target_format']],
  ['another cipher', { cipher: 'EC' }, [], ['cipher_header']],
  ['no other cipher that is RSA', { cipher: 'rsa' }, [], []],
  ['all at once', { targets: [], date: 'today', cipher: 'EC' }, [], ['date_format', 'target_format', 'cipher_header']],
])('it names %s', (_what, { targets = ['/hook'], cipher, ...given }, found, expected) => {
  const capture: Capture = { method: 'POST', targets, headers: new Map(), body: Buffer.alloc(0) };
  const headers = { signature: 'c2ln', digest: undefined, keyId: undefined, renamed: [], cipher, date: good, ...given };
  expect(ofForm(capture, headers, found)).toEqual(expected);
});
