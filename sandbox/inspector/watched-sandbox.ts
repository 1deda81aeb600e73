import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Sandbox, type SandboxOptions, startSandbox } from '../sandbox.ts';
import type { Call, History } from './history.ts';

export interface WatchedSandboxOptions extends Omit<SandboxOptions, 'onRequest' | 'onAnswer' | 'onMessage'> {
  history: History;
  /** Gets every call after it is recorded. */
  onCall?: (call: Call, sandbox: Sandbox) => void;
}

/** A sandbox that records each call in a history, with its log line and its queued message. */
export async function startWatchedSandbox({
  history,
  onCall = () => {},
  ...options
}: WatchedSandboxOptions): Promise<Sandbox> {
  const sandbox = await startSandbox({
    ...options,
    onMessage: history.addMessage,
    onRequest: history.begin,
    onAnswer: async (request, answer) => {
      const line = request.event === undefined ? undefined : await sandbox.receiver.logOf(request.requestId);
      onCall(history.add(request, answer, line), sandbox);
    },
  });
  return sandbox;
}

/**
 * Keeps the calls of a history in a file, one per line, so that the next run shows them too.
 *
 * @returns a function that adds a new call
 */
export function keepCalls(file: string, history: History): (call: Call) => void {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  for (const line of lines) restore(line, history);
  // Calls that the history has dropped are removed from the file too.
  writeFileSync(file, history.all().map(format).join(''));
  return (call) => appendFileSync(file, format(call));
}

function format({ request, answer, reason, type, detail, time, message }: Call): string {
  const body = request.body.toString('base64');
  return `${JSON.stringify({ request: { ...request, body }, answer, line: { reason, type, detail }, time, message })}\n`;
}

/** Restores a call. An incomplete line is skipped. */
function restore(line: string, history: History): void {
  try {
    const { request, answer, line: log, time, message } = JSON.parse(line);
    history.add({ ...request, body: Buffer.from(request.body, 'base64') }, answer, log, { time, message });
  } catch {}
}
