import { isIP } from 'node:net';
import type { Node } from 'constructs';

/** A setting that cannot be deployed. The message is for the person who typed it. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** Says what is wrong with a setting: `allowed` ends the sentence "it must be …". */
export function invalid(name: string, value: string, allowed: string): string {
  return `Setting ${name} is "${value}": it must be ${allowed}.`;
}

/**
 * Reads typed values from context. A value may come from a command line (text) or from `cdk.json` (any JSON).
 *
 * Wrong values are reported by `finish`. Until then a wrong value reads as the default.
 */
export function createReader(node: Node) {
  /** What is wrong, by setting. */
  const wrong = new Map<string, string>();
  const read = (name: string): string | undefined => {
    const value: unknown = node.tryGetContext(name);
    return value === undefined ? undefined : String(value);
  };

  function text(name: string, shape: Pick<RegExp, 'test'>, allowed: string): string | undefined;
  function text(name: string, shape: Pick<RegExp, 'test'>, allowed: string, fallback: string): string;
  function text(name: string, shape: Pick<RegExp, 'test'>, allowed: string, fallback?: string): string | undefined {
    const value = read(name) ?? fallback;
    if (value === undefined || shape.test(value)) return value;
    wrong.set(name, invalid(name, value, allowed));
    return fallback;
  }

  function wholeNumber(name: string, min: number, max: number): number | undefined;
  function wholeNumber(name: string, min: number, max: number, fallback: number): number;
  function wholeNumber(name: string, min: number, max: number, fallback?: number): number | undefined {
    const value = read(name);
    if (value === undefined) return fallback;
    const number = Number(value);
    if (/^\d{1,9}$/.test(value) && number >= min && number <= max) return number;
    wrong.set(name, invalid(name, value, `a whole number from ${min} to ${max}`));
    return fallback;
  }

  /** The first choice is the default. */
  function oneOf<T extends string>(name: string, choices: readonly [T, ...T[]]): T {
    const value = read(name) ?? choices[0];
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) wrong.set(name, invalid(name, value, choices.join(' or ')));
    return choice ?? choices[0];
  }

  function oneOfNumbers<T extends number>(name: string, choices: readonly T[], fallback: T): T {
    const value = read(name) ?? String(fallback);
    const choice = choices.find((candidate) => String(candidate) === value);
    if (choice === undefined) wrong.set(name, invalid(name, value, `one of ${choices.join(', ')}`));
    return choice ?? fallback;
  }

  /** IP addresses and CIDR ranges; on the command line separated by commas. */
  function addresses(name: string): string[] | undefined {
    const value = read(name);
    const list = value?.split(',').map((address) => address.trim());
    if (value === undefined || list?.every(isAddress)) return list;
    const allowed = 'IP addresses or CIDR ranges separated by commas, such as 203.0.113.0/24,2001:db8::1';
    wrong.set(name, invalid(name, value, allowed));
    return undefined;
  }

  /**
   * Call this when everything was read. A name that is not in `known` is an error too, because a misspelt name would
   * otherwise go unnoticed. Names of other programs have punctuation, such as `@aws-cdk/…`.
   *
   * @param together finds settings that exclude each other, and gets the names of those that are wrong in themselves
   * @throws {SettingError} naming everything that is wrong, so that nobody has to correct one setting to see the next
   */
  function finish(known: readonly string[], together: (wrong: ReadonlySet<string>) => readonly string[]): void {
    const isSetting = (name: string) => /^[A-Za-z]+$/.test(name);
    const unknown = Object.keys(node.getAllContext()).filter((name) => isSetting(name) && !known.includes(name));
    const problems = [
      ...wrong.values(),
      ...together(new Set(wrong.keys())),
      ...unknown.map((name) => `There is no setting ${name}: the settings are ${known.join(', ')}.`),
    ];
    if (problems.length > 0) throw new SettingError(problems.join('\n'));
  }

  return { text, wholeNumber, oneOf, oneOfNumbers, addresses, finish };
}

function isAddress(value: string): boolean {
  const [address = '', prefix, ...rest] = value.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
