import {
  type ProviderSimulator,
  type ProviderSimulatorOptions,
  startProvider,
} from '../../sandbox/messagemedia/server.ts';
import type { Run } from './proof.ts';

/** MessageMedia's stand-in, which reaches the deployed URL although only MiniStack knows its host name. */
export function startProviderOf({ stack }: Run, options: ProviderSimulatorOptions = {}): Promise<ProviderSimulator> {
  return startProvider({ ...options, deliver: (_origin, request) => stack.send(request) });
}
