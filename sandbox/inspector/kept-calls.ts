import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Call, History } from './history.ts';

/**
 * Keeps the calls of a history in a file, one a line, so that the next run shows them too.
 *
 * @returns what notes a new call
 */
export function keepCalls(file: string, history: History): (call: Call) => void {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  for (const line of lines) restore(line, history);
  // What the history has forgotten goes from the file as well.
  writeFileSync(file, history.all().map(format).join(''));
  return (call) => appendFileSync(file, format(call));
}

function format({ request, answer, reason, type, detail, time, message }: Call): string {
  const body = request.body.toString('base64');
  return `${JSON.stringify({ request: { ...request, body }, answer, line: { reason, type, detail }, time, message })}\n`;
}

/** A line that was not written to its end is left out. */
function restore(line: string, history: History): void {
  try {
    const { request, answer, line: log, time, message } = JSON.parse(line);
    history.add({ ...request, body: Buffer.from(request.body, 'base64') }, answer, log, { time, message });
  } catch {}
}
