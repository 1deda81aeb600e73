import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isObject } from '../../lambda/guards.ts';
import { createLargeSet } from './copies.ts';
import type { SelectionOptions } from './selection.ts';

/** What a replay was asked to send, and where. */
export interface ReplayRequest extends SelectionOptions {
  replayId: string;
  bucket: string;
  queueUrl: string;
}

/** The progress of a replay, so that the same command can continue it, whatever the archive got meanwhile. */
export interface ReplayState {
  /** Milliseconds since the epoch. Times such as `2h` are relative to this. */
  startedAt: number;
  wasSent: (digest: string) => boolean;
  add: (digests: readonly string[]) => void;
  remove: () => void;
}

/** By which the state knows a line of the archive. */
export function digestOf(line: string): string {
  return createHash('sha256').update(line).digest('base64url').slice(0, 22);
}

/**
 * Reads the state from a file, or begins a new one, whose file is created when events were sent. Its first line is the
 * request. Each other line has the digests of lines that were sent, and begins with its line break: so what a crash cuts off
 * is a line of its own, which does not count.
 *
 * @throws {Error} when the file is not a state, or belongs to another replay
 */
export function openReplayState(file: string, request: ReplayRequest, now: number): ReplayState {
  const [head = '', ...lines] = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [newHead(request, now)];
  const startedAt = startOf(head, file, request);
  const sent = createLargeSet();
  for (const digest of lines.flatMap((line) => parse(line) ?? [])) sent.add(String(digest));
  return {
    startedAt,
    wasSent: sent.has,
    add: (digests) => {
      if (!existsSync(file)) writeFileSync(file, head, { mode: 0o600, flag: 'wx' });
      appendFileSync(file, `\n${JSON.stringify(digests)}`);
      for (const digest of digests) sent.add(digest);
    },
    remove: () => rmSync(file, { force: true }),
  };
}

function newHead(request: ReplayRequest, now: number): string {
  return JSON.stringify({ request, startedAt: new Date(now).toISOString() });
}

function startOf(head: string, file: string, request: ReplayRequest): number {
  const state = parse(head);
  const startedAt = isObject(state) ? Date.parse(String(state.startedAt)) : Number.NaN;
  if (!isObject(state) || !isObject(state.request) || Number.isNaN(startedAt))
    throw new Error(`${file} is not the state of a replay: move it, or give another --state.`);
  const before: Record<string, unknown> = state.request;
  const asked: Record<string, unknown> = { ...request };
  const different = Object.keys({ ...before, ...asked }).find(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(asked[name]),
  );
  if (different === undefined) return startedAt;
  throw new Error(
    `${file} is the state of a replay with another ${different} (${JSON.stringify(before[different])}): give the same options as before, or another --replay-id.`,
  );
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
