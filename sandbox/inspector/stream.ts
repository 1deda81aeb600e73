import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallSummary, Change, History } from './history.ts';

/** A connection that nothing passes through is closed by what is on the way. In milliseconds. */
const heartbeat = 15_000;

/**
 * Tells a page of calls as server-sent events: first those that it has not seen, by `Last-Event-ID`, then each new one as
 * `call`, and with `prune` up to which id they are forgotten.
 *
 * @param start names this start of the sandbox, so that a page of an earlier one knows
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
