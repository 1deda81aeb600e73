import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openReplayState, saveReplayState } from '../../../cli/archive/replay-state.ts';

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

test('begins anew, and goes on with what was kept, at the time of then', () => {
  const state = openReplayState(file, request, now);
  expect(state).toEqual({ request, startedAt: '2026-11-25T12:00:00.000Z', sent: 0, isFinished: false });
  saveReplayState(file, { ...state, sent: 100, last: 'place' });
  expect(openReplayState(file, request, now + 3_600_000)).toEqual({ ...state, sent: 100, last: 'place' });
  expect(readdirSync(folder)).toEqual(['state.json']);
});

test.each([
  ['from', { ...request, from: '3h' }],
  ['type', { ...request, type: ['opt_out'] }],
  ['queueUrl', { ...request, queueUrl: 'https://sqs/other.fifo' }],
  ['subject', { ...request, subject: 'one' }],
])('a replay with another %s is another replay', (name, other) => {
  saveReplayState(file, openReplayState(file, request, now));
  expect(() => openReplayState(file, other, now)).toThrow(`is the state of a replay with another ${name}`);
});

test.each(['', '{"some":"file"}', '[]'])('a file of something else is not overwritten: %j', (text) => {
  writeFileSync(file, text);
  expect(() => openReplayState(file, request, now)).toThrow('is not the state of a replay');
});
