import { expect, test } from '@jest/globals';
import { matchPerson } from '../../../cli/archive/person.ts';
import { parseQueuedEvent } from '../../../lambda/event/attributes.ts';
import type { Webhook } from '../../../signing/sender.ts';
import { makeKey } from '../../support.ts';
import { type LocalArchive, messageOf } from './archive.ts';

const key = makeKey();
const nobody = {} as LocalArchive;
const match = (message: string) => matchPerson(nobody, message, parseQueuedEvent(message), { phone: '61491570157' });
const form = { contentType: 'application/x-www-form-urlencoded' };
const xml = { contentType: 'application/xml' };
const id = '"delivery_report_id":"d"';

test.each<['yes' | 'no' | 'maybe', string, Partial<Webhook>?]>([
  ['yes', `{${id},"source_number":"+61491570157"}`],
  ['yes', `{${id},"from":"+61 491 570 157"}`],
  ['yes', `{${id},"numbers":[{"to":61491570157}]}`],
  ['yes', `{${id},"metadata":{"customer":"tel:+61491570157"}}`],
  ['yes', `{${id}}`, { target: '/m?kind=delivery-report&to=%2B61491570157' }],
  ['yes', `{${id}}`, { target: '/m/61491570157' }],
  ['yes', `${id.slice(1).replace('":"', '=').replace('"', '')}&from=0061491570157`, form],
  ['yes', '<sms from="&#43;61491570157"><text>hi</text></sms>', xml],
  ['yes', `{${id},"from":"+61491570157","text":"not "escaped""}`],
  ['yes', '+61 (491) 570-157', { contentType: 'text/plain' }],
  ['maybe', `{${id},"content":"+61491570157"}`],
  ['maybe', `{${id},"note":"call \\u002b61 491 \\u00570157, or 61491570157"}`],
  ['maybe', `{${id},"source_number":"0491570157"}`],
  ['maybe', `text=call+61491570157`, form],
  ['maybe', '<content>+61491570157</content>', xml],
  ['no', `{${id},"source_number":"+614915701570"}`],
  ['no', `{${id},"source_number":"+61491570158","content":"1 2 3"}`],
])('%s: %s', async (expected, body, webhook = {}) => {
  expect(await match(messageOf(key, '2026-11-25T10:00:00Z', body, webhook))).toBe(expected);
});

test.each([
  ['spaces', `"${' '.repeat(500_000)}x"`],
  ['a tag', `<${'a'.repeat(500_000)}`],
  ['attributes', `<a ${'a'.repeat(500_000)}>`],
  ['groups', '1-'.repeat(250_000)],
  ['nesting', `${'['.repeat(200_000)}"+61491570157"${']'.repeat(200_000)}`],
  // Otherwise it takes hours.
])('a long text of %s is looked through once', async (name, body) => {
  expect(await match(messageOf(key, '2026-11-25T10:00:00Z', body))).toBe(name === 'nesting' ? 'yes' : 'no');
});
