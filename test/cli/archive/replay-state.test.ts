import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openReplayState } from '../../../cli/archive/replay-state.ts';

const now = Date.parse('2026-11-25T12:00:00Z');
const request = {
  replayId: 'again',
  bucket: 'archive',
  queueUrl: 'https://sqs/events.fifo',
  from: '2h',
  type: ['reply'],
};
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replay-state-'));
  file = join(folder, 'state.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('goes on with what was kept, at the time of then, also behind a line that a crash cut off', () => {
  const state = openReplayState(file, request, now);
  state.add(['a', 'b']);
  appendFileSync(file, '\n["c","');
  openReplayState(file, request, now).add(['d']);
  const later = openReplayState(file, request, now + 3_600_000);
  expect(later.startedAt).toBe(now);
  expect(['a', 'b', 'c', 'd'].map(later.wasSent)).toEqual([true, true, false, true]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  later.remove();
  expect(openReplayState(file, request, now + 3_600_000).wasSent('a')).toBe(false);
});

test.each([
  ['from', { ...request, from: '3h' }],
  ['type', { ...request, type: ['opt_out'] }],
  ['queueUrl', { ...request, queueUrl: 'https://sqs/other.fifo' }],
  ['subject', { ...request, subject: 'one' }],
])('a replay with another %s is another replay', (name, other) => {
  openReplayState(file, request, now).add(['a']);
  expect(() => openReplayState(file, other, now)).toThrow(`is the state of a replay with another ${name}`);
});

test.each(['', '{"some":"file"}', '[]', '{"request":{'])('a file of something else is not overwritten: %j', (text) => {
  writeFileSync(file, text);
  expect(() => openReplayState(file, request, now)).toThrow('is not the state of a replay');
});
