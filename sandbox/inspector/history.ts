import { signatureHeaders } from '../../lambda/contract.ts';
import type { Answer } from '../../lambda/receiver/receiver.ts';
import type { LogLine } from '../aws/function.ts';
import type { HandledRequest } from '../aws/gateway.ts';

export interface CallSummary {
  id: number;
  /** RFC 3339. */
  time: string;
  method: string;
  target: string;
  status: number;
  verdict: 'queued' | 'refused' | 'failed';
  reason: string;
  /** CloudEvents type of the queued event. */
  type: string;
  keyId: string;
  bytes: number;
}

export interface Call extends CallSummary {
  request: HandledRequest;
  answer: Answer;
  detail: string;
  message: string | undefined;
}

/** The time of a call of an earlier run, and its queued message. */
export type Earlier = Pick<Call, 'time' | 'message'>;

/** A request that has no answer yet. */
export type Pending = Pick<CallSummary, 'id' | 'time' | 'method' | 'target'>;

/** A change that listeners get: a new call, the id up to which calls were dropped, or that requests without answer changed. */
export type Change = { call: CallSummary } | { prunedTo: number } | 'pending';

/** The newest calls, at most so many calls and bytes. There is a limit, because a sandbox may run for days. */
export function createHistory({ calls: mostCalls, bytes: mostBytes }: { calls: number; bytes: number }) {
  const calls = new Map<number, Call>();
  const messages = new Map<string, string>();
  const pending = new Set<Pending>();
  const listeners = new Set<(change: Change) => void>();
  let last = 0;
  let lastPending = 0;
  let prunedTo = 0;
  let held = 0;

  const tell = (change: Change) => {
    for (const listener of listeners) listener(change);
  };
  const prune = () => {
    const before = prunedTo;
    for (const call of calls.values()) {
      if (calls.size <= mostCalls && held <= mostBytes) break;
      calls.delete(call.id);
      held -= sizeOf(call);
      prunedTo = call.id;
    }
    if (prunedTo > before) tell({ prunedTo });
  };

  return {
    /** A request has arrived. @returns what is to be called when it has ended */
    begin: ({ method, target }: Pick<Pending, 'method' | 'target'>): (() => void) => {
      const request = { id: ++lastPending, time: new Date().toISOString(), method, target };
      pending.add(request);
      tell('pending');
      return () => {
        pending.delete(request);
        tell('pending');
      };
    },
    /** Requests without an answer, the oldest first. Their ids are not those of calls. */
    pending: (): Pending[] => [...pending],
    /** @param earlier time and message, for a call of an earlier run */
    add: (request: HandledRequest, answer: Answer, line: LogLine | undefined, earlier?: Earlier): Call => {
      const { method, target } = request;
      const status = answer.statusCode;
      const eventId = status === 202 ? String(JSON.parse(answer.body).id) : '';
      const call: Call = {
        ...{ id: ++last, time: earlier?.time ?? new Date().toISOString() },
        ...{ method, target, request, answer, status, verdict: verdictOf(status) },
        reason: String(line?.reason ?? (request.event === undefined ? reasonOfGateway(status) : '')),
        type: String(line?.type ?? ''),
        keyId: headerOf(request, signatureHeaders.keyId),
        bytes: request.body.length,
        detail: String(line?.detail ?? ''),
        message: earlier?.message ?? messages.get(eventId),
      };
      calls.set(call.id, call);
      held += sizeOf(call);
      prune();
      tell({ call: summaryOf(call) });
      return call;
    },
    /** Stores a message for the call whose answer names its event. */
    addMessage: (body: string): void => {
      messages.set(idOf(body), body);
      const [oldest] = messages.keys();
      if (messages.size > mostCalls && oldest !== undefined) messages.delete(oldest);
    },
    get: (id: number): Call | undefined => calls.get(id),
    all: (): Call[] => [...calls.values()],
    summaries: (): CallSummary[] => [...calls.values()].map(summaryOf),
    prunedTo: () => prunedTo,
    /** @returns a function that stops listening */
    listen: (listener: (change: Change) => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export type History = ReturnType<typeof createHistory>;

export function summaryOf(call: Call): CallSummary {
  const { request: _request, answer: _answer, detail: _detail, message: _message, ...summary } = call;
  return summary;
}

/** Pairs of name and value. Node gives them in one list, in turn. */
export function headerPairs(rawHeaders: readonly string[]): [name: string, value: string][] {
  const pair = (index: number): [string, string] => [String(rawHeaders[index]), String(rawHeaders[index + 1])];
  return Array.from({ length: Math.floor(rawHeaders.length / 2) }, (_, index) => pair(2 * index));
}

/** The first value of a header. @param name in lower case */
export function headerOf({ rawHeaders }: Pick<HandledRequest, 'rawHeaders'>, name: string): string {
  return headerPairs(rawHeaders).find(([each]) => each.toLowerCase() === name)?.[1] ?? '';
}

export function verdictOf(status: number): CallSummary['verdict'] {
  if (status === 202) return 'queued';
  return status < 500 ? 'refused' : 'failed';
}

/** What the gateway answers without the function: 404, or 413 for what is too large for the gateway or for Lambda. */
function reasonOfGateway(status: number): string {
  return status === 404 ? 'no_route' : 'request_too_large';
}

function sizeOf({ request, message = '' }: Call): number {
  return 1_000 + request.body.length + (request.event?.length ?? 0) + message.length;
}

/** The id of an event; of a message that is none, a name that no event has. */
function idOf(body: string): string {
  try {
    return String(JSON.parse(body).id);
  } catch {
    return 'none';
  }
}
