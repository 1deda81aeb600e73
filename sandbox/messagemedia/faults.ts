import type { ServerResponse } from 'node:http';

/**
 * Faults of a call. With an object, the call is not carried out and gets this answer. With `hang` and `reset` it is not
 * carried out either: `hang` never answers, and `reset` breaks the connection. With `half_answer` it is carried out, and the
 * connection breaks in the middle of the answer.
 */
export type Fault = { status: number; body?: string } | 'hang' | 'reset' | 'half_answer';

/** An answer to a call: a body is sent as JSON, unless it is plain text. */
export interface Reply {
  status: number;
  body?: unknown;
  plain?: boolean;
}

export function createFaults() {
  const waiting: { pattern: RegExp; fault: Fault }[] = [];
  return {
    /** Gives a fault to the next call whose `METHOD /path` matches. Several faults apply to one call each. */
    failNext: (pattern: RegExp, fault: Fault): void => {
      waiting.push({ pattern, fault });
    },
    /** The fault of a call. Each fault is used once. */
    take: (call: string): Fault | undefined => {
      const index = waiting.findIndex(({ pattern }) => pattern.test(call));
      return index < 0 ? undefined : waiting.splice(index, 1)[0]?.fault;
    },
  };
}

/** Answers a call with its fault, if it has one. @param carryOut does what the call asks for */
export async function answer(
  response: ServerResponse,
  fault: Fault | undefined,
  carryOut: () => Promise<Reply>,
): Promise<void> {
  if (fault === 'hang') return;
  if (fault === 'reset') return void response.socket?.resetAndDestroy();
  if (typeof fault === 'object') return write(response, fault.status, fault.body ?? '{"message":"Fault"}');
  const { status, body, plain = false } = await carryOut();
  const text = body === undefined ? '' : plain ? String(body) : JSON.stringify(body);
  if (fault === undefined) return write(response, status, text, plain ? 'text/plain' : 'application/json');
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

function write(response: ServerResponse, status: number, body: string, type = 'application/json'): void {
  response.writeHead(status, body === '' ? {} : { 'content-type': type }).end(body);
}
