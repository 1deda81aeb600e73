import { outputs, prefixOf } from '../lambda/stack-outputs.ts';
import { receiverOption, UsageError } from './options.ts';

/** The name of the stack without its receiver. */
export function stackNameOf(stack: string): string {
  return stack.split(receiverOption)[0] ?? stack;
}

/**
 * The outputs of one receiver, by the names that the app's own stack gives them.
 *
 * @param stack its name, and after `receiverOption` the path of the receiver if one is named
 * @param all outputs of the stack
 * @throws {UsageError} when it is not clear which receiver is meant
 */
export function outputsOfReceiver(stack: string, all: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [name, receiver] = stack.split(receiverOption);
  const prefixes = prefixesIn(all);
  const prefix = receiver === undefined ? onlyOf(prefixes) : prefixes.find((one) => one === prefixOf(receiver));
  if (prefix === undefined) {
    const problem = receiver === undefined ? 'has several receivers' : `has no receiver ${receiver}`;
    const others = prefixes.filter((one) => one !== '').map((one) => `--receiver ${one}`);
    const advice = others.length === 0 ? 'leave --receiver out' : `add ${others.join(' or ')}`;
    throw new UsageError(`Stack ${name} ${problem}: ${advice}.`);
  }
  const names = Object.values(outputs).map((output) => [output, all.get(`${prefix}${output}`)] as const);
  return new Map(names.filter((entry): entry is [(typeof entry)[0], string] => entry[1] !== undefined));
}

/** What begins the names of each receiver's outputs. Outputs of somebody else may end in `CallbackUrl` too. */
function prefixesIn(all: ReadonlyMap<string, string>): string[] {
  const { callbackUrl, keyringSecretArn } = outputs;
  return [...all.keys()]
    .filter((name) => name.endsWith(callbackUrl))
    .map((name) => name.slice(0, -callbackUrl.length))
    .filter((prefix) => all.has(`${prefix}${keyringSecretArn}`));
}

/** The receiver of the app's own stack, or the only one; `''` if there is none, so that the missing output is named. */
function onlyOf(prefixes: readonly string[]): string | undefined {
  return prefixes.length === 0 || prefixes.includes('') ? '' : prefixes.length === 1 ? prefixes[0] : undefined;
}
