import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallSummary, Change, History } from './history.ts';

/** In milliseconds. Without a heartbeat, a proxy may close an idle connection. */
const heartbeat = 15_000;

/**
 * Sends calls to a page as server-sent events. First come those that it has not seen, by `Last-Event-ID`, then each new one
 * as `call`. `prune` names the id up to which calls were dropped.
 *
 * @param start identifies this start of the sandbox, so that a page of an earlier start notices
 */
export function stream(request: IncomingMessage, response: ServerResponse, history: History, start: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(`event: start\ndata: ${start}\n\n`);
  const seen = Number(request.headers['last-event-id'] ?? 0);
  const write = (change: Change) => {
    if ('prunedTo' in change) response.write(`event: prune\ndata: ${change.prunedTo}\n\n`);
    else response.write(formatCall(change.call));
  };
  write({ prunedTo: history.prunedTo() });
  for (const call of history.summaries()) if (call.id > seen) write({ call });
  const stop = history.listen(write);
  const beat = setInterval(() => response.write(': still here\n\n'), heartbeat);
  response.on('close', () => {
    clearInterval(beat);
    stop();
  });
}

function formatCall(call: CallSummary): string {
  return `id: ${call.id}\nevent: call\ndata: ${JSON.stringify(call)}\n\n`;
}
