import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Webhook } from '../../signing/sender.ts';
import { offload, readSigned, startReceiver, webhooksOfEveryForm } from '../received.ts';
import { makeKey } from '../support.ts';
import { matches } from './event-pattern.ts';

const directory = fileURLToPath(new URL('../../examples/filters/', import.meta.url));
const files = readdirSync(directory).filter((name) => name.endsWith('.json'));
const read = (name: string): unknown[] => JSON.parse(readFileSync(directory + name, 'utf8'));

const report = (status: string, original_text = ''): Webhook => ({
  method: 'POST',
  target: '/messagemedia',
  body: JSON.stringify({ delivery_report_id: 'd', message_id: 'm', status, original_text }),
});

/** Queued messages by name. */
const messages: Record<string, string> = {};
beforeAll(async () => {
  const receive = startReceiver(makeKey());
  const statuses = ['queued', 'enroute', 'submitted', 'delivered', 'expired', 'rejected', 'failed'];
  const reports = statuses.map((status) => [status, report(status)] as const);
  const uncarried: [string, Webhook] = ['failed, in base64', report('failed', '\uffff')];
  for (const [name, webhook] of [uncarried, ...Object.entries(webhooksOfEveryForm('/messagemedia')), ...reports]) {
    messages[name] = (await receive(webhook)).body;
  }
  const { mmsReply = '' } = messages;
  messages.largeMmsReply = offload(mmsReply, readSigned(mmsReply).signed.body).message;
});

/** The messages that get through. An event gets through if one pattern of a file matches. */
function passing(patterns: unknown[]): string[] {
  const entries = Object.entries(messages);
  return entries
    .filter(([, body]) => patterns.some((pattern) => matches(pattern, { body: JSON.parse(body) })))
    .map(([name]) => name)
    .sort();
}

describe('the filter', () => {
  test.each([
    ['failed-reports', ['expired', 'failed', 'failed, in base64', 'rejected']],
    ['final-reports', ['delivered', 'deliveryReport', 'expired', 'failed', 'failed, in base64', 'rejected']],
    ['image-replies', ['JSON that SQS refuses as text', 'largeMmsReply', 'mmsReply']],
    ['one-account', ['deliveryReport', 'largeMmsReply', 'mmsReply', 'optOut', 'smsReply']],
    ['replies-and-opt-outs', ['JSON that SQS refuses as text', 'largeMmsReply', 'mmsReply', 'optOut', 'smsReply']],
  ])('%s lets through what it says', (name, expected) => {
    expect(passing(read(`${name}.json`))).toEqual(expected);
  });

  test('is tested, each one', () => {
    expect(files).toHaveLength(5);
  });

  test.each(files)('%s is within the limits of Lambda', (name) => {
    const patterns = read(name);
    expect(patterns.length).toBeLessThanOrEqual(5);
    for (const pattern of patterns) {
      expect(Object.keys(pattern as object)).toEqual(['body']);
      expect(JSON.stringify(pattern).length).toBeLessThan(4096);
    }
  });
});

test('no pattern on data sees a large event', () => {
  expect(passing([{ body: { data: { reply_id: [{ exists: true }] } } }])).not.toContain('largeMmsReply');
});
