import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isObject } from '../../lambda/guards.ts';
import type { SelectionOptions } from './selection.ts';

/** What a replay was asked to send, and where. */
export interface ReplayRequest extends SelectionOptions {
  replayId: string;
  bucket: string;
  queueUrl: string;
}

/** The progress of a replay, so that the same command can continue it. */
export interface ReplayState {
  request: ReplayRequest;
  /** RFC 3339. Times such as `2h` are relative to this. */
  startedAt: string;
  /** How many events SQS has accepted. */
  sent: number;
  /** The last place in the order of the replay up to which everything is done. */
  last?: string;
  isFinished: boolean;
}

/**
 * Reads the state from a file, or creates a new one.
 *
 * @throws {Error} when the file is not a state, or belongs to another replay
 */
export function openReplayState(file: string, request: ReplayRequest, now: number): ReplayState {
  const text = readIfThere(file);
  if (text === undefined) return { request, startedAt: new Date(now).toISOString(), sent: 0, isFinished: false };
  const state = parseState(text);
  if (state === undefined) throw new Error(`${file} is not the state of a replay: move it, or give another --state.`);
  const asked = Object.keys({ ...state.request, ...request }) as (keyof ReplayRequest)[];
  const different = asked.find((name) => JSON.stringify(state.request[name]) !== JSON.stringify(request[name]));
  if (different === undefined) return state;
  throw new Error(
    `${file} is the state of a replay with another ${different} (${JSON.stringify(state.request[different])}): give the same options as before, or another --replay-id.`,
  );
}

/** Saves the state. After a crash the file has either the old state or the new one. */
export function saveReplayState(file: string, state: ReplayState): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseState(text: string): ReplayState | undefined {
  try {
    const state: unknown = JSON.parse(text);
    return isObject(state) && isObject(state.request) && typeof state.sent === 'number'
      ? (state as unknown as ReplayState)
      : undefined;
  } catch {
    return undefined;
  }
}
