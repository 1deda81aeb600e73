import type { Answer } from '../../lambda/receiver/receiver.ts';
import type { LogLine } from '../aws/function.ts';
import type { HandledRequest } from '../aws/gateway.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../sandbox.ts';
import type { Call, History } from './history.ts';

/** What a sandbox is started with whose calls are noted. */
export interface WatchedSandboxOptions extends Omit<SandboxOptions, 'onAnswer' | 'onMessage'> {
  history: History;
  /** Told of every call once it is noted. */
  onCall?: (call: Call, request: HandledRequest, answer: Answer, line: LogLine | undefined, sandbox: Sandbox) => void;
}

/** A sandbox that notes each call in a history, with what the function logged of it and put on the queue. */
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
