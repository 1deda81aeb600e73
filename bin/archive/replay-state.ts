import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isObject } from '../../lambda/guards.ts';
import type { SelectionOptions } from './selection.ts';

/** What a replay is of, as it was asked for. */
export interface ReplayRequest extends SelectionOptions {
  replayId: string;
  bucket: string;
  queueUrl: string;
}

/** How far a replay is, so that the same command can go on. */
export interface ReplayState {
  request: ReplayRequest;
  /** RFC 3339. Times such as `2h` are of then. */
  startedAt: string;
  /** Events that SQS has. */
  sent: number;
  /** The place in the order of a replay up to which everything is done. */
  last?: string;
  isFinished: boolean;
}

/**
 * The state in a file, or a new one.
 *
 * @throws {Error} when the file is something else, or of another replay
 */
export function openReplayState(file: string, request: ReplayRequest, now: number): ReplayState {
  const text = readIfThere(file);
  if (text === undefined) return { request, startedAt: new Date(now).toISOString(), sent: 0, isFinished: false };
  const state = parseState(text);
  if (state === undefined)
    throw new Error(`${file} is not the state of a replay: move it away, or give another --state.`);
  const asked = Object.keys({ ...state.request, ...request }) as (keyof ReplayRequest)[];
  const different = asked.find((name) => JSON.stringify(state.request[name]) !== JSON.stringify(request[name]));
  if (different === undefined) return state;
  throw new Error(
    `${file} is the state of a replay with another ${different} (${JSON.stringify(state.request[different])}): give the same options as then, or another --replay-id.`,
  );
}

/** Keeps it: the file is the old one or the new one, whatever happens in between. */
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
