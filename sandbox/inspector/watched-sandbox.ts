import type { Answer } from '../../lambda/receiver/receiver.ts';
import type { LogLine } from '../aws/function.ts';
import type { HandledRequest } from '../aws/gateway.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../sandbox.ts';
import type { Call, History } from './history.ts';

/** Options of a sandbox whose calls are recorded. */
export interface WatchedSandboxOptions extends Omit<SandboxOptions, 'onAnswer' | 'onMessage'> {
  history: History;
  /** Gets every call after it is recorded. */
  onCall?: (call: Call, request: HandledRequest, answer: Answer, line: LogLine | undefined, sandbox: Sandbox) => void;
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
    onAnswer: async (request, answer) => {
      const line = request.event === undefined ? undefined : await sandbox.receiver.logOf(request.requestId);
      onCall(history.add(request, answer, line), request, answer, line, sandbox);
    },
  });
  return sandbox;
}
