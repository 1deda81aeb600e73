import type { Provider } from '../../lambda/messagemedia/client.ts';
import type { outputs } from '../../lambda/stack-outputs.ts';
import type { StackResource } from '../stack-resources.ts';

type OutputName = (typeof outputs)[keyof typeof outputs];

/** A deployed stack, as its checks see it. */
export interface Checkup {
  stack: string;
  /** An output that every stack has. @throws {Error} when this one lacks it */
  output: (name: OutputName) => string;
  /** An output about something that not every stack has. */
  outputOf: (name: OutputName) => string | undefined;
  resources: () => Promise<StackResource[]>;
  /** MessageMedia, if there are credentials for it. */
  provider: Provider | undefined;
  /** Whether to send a signed probe, which writes the keyring's secret twice. */
  sendsProbe: boolean;
}

/** `error`: webhooks are lost now. `warning`: webhooks may be lost. `info`: something could not be checked. */
export type Severity = 'error' | 'warning' | 'info';

export interface Problem {
  severity: Severity;
  title: string;
  description: string;
  /** What to do, with the command if there is one. */
  suggestion: string;
}

/** Result of a check: a line that says that all is well, or a problem. */
export type Finding = string | Problem;

/** Findings in the order in which they are known. Those before an error count too. */
export type Check = (checkup: Checkup) => AsyncGenerator<Finding, void>;

const problemOf =
  (severity: Severity) =>
  (title: string, description: string, suggestion: string): Problem => ({ severity, title, description, suggestion });

export const problem = { error: problemOf('error'), warning: problemOf('warning'), info: problemOf('info') };
