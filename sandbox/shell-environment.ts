import { quote } from '../terminal/text.ts';
import type { Sandbox } from './sandbox.ts';

/** Where the inspector serves {@link shellEnvironment}. */
export const environmentPath = '/environment';

/** Lines of a POSIX shell with which `mmw` and other AWS tools work on the sandbox, and on nothing else. */
export function shellEnvironment({ environment }: Pick<Sandbox, 'environment'>): string {
  const exports = Object.entries({ ...environment, AWS_DEFAULT_REGION: environment.AWS_REGION });
  const lines = exports.map(([name, value]) => `export ${name}=${quote(value)}`);
  return ['unset AWS_PROFILE MMW_STACK', ...lines, ''].join('\n');
}
