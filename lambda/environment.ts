import { defaultTimestampToleranceSeconds, environment } from './contract.ts';

/** Settings of the receiver function. */
export interface ReceiverEnvironment {
  queueUrl: string;
  keyringSecretId: string;
  /** Seconds; `0` turns the check off. */
  timestampToleranceSeconds: number;
}

/**
 * Reads the receiver's environment: the only place that does.
 *
 * @throws {Error} naming the variable that is missing or wrong
 */
export function readEnvironment(variables: NodeJS.ProcessEnv): ReceiverEnvironment {
  return {
    queueUrl: required(variables, environment.queueUrl),
    keyringSecretId: required(variables, environment.keyringSecretId),
    timestampToleranceSeconds: seconds(variables, environment.timestampToleranceSeconds),
  };
}

function required(variables: NodeJS.ProcessEnv, name: string): string {
  const value = variables[name];
  if (!value) throw new Error(`Environment variable ${name} is not set`);
  return value;
}

function seconds(variables: NodeJS.ProcessEnv, name: string): number {
  const value = variables[name];
  if (value === undefined || value === '') return defaultTimestampToleranceSeconds;
  if (!/^\d{1,9}$/.test(value))
    throw new Error(`Environment variable ${name} is "${value}": give whole seconds, 0 for no check`);
  return Number(value);
}
