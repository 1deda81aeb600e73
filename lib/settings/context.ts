import { isIP } from 'node:net';
import type { Node } from 'constructs';

/** A setting that cannot be deployed. The message is for the person who typed it. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** Says what is wrong with a setting: `allowed` ends the sentence "it must be …". */
export function invalid(name: string, value: unknown, allowed: string): string {
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

  /** @param parse gives `undefined` for a value that is not allowed */
  function read<T, F>(name: string, parse: (value: string) => T | undefined, allowed: string, fallback: F): T | F {
    const value: unknown = node.tryGetContext(name);
    const parsed = value === undefined ? undefined : parse(String(value));
    if (value !== undefined && parsed === undefined) wrong.set(name, invalid(name, value, allowed));
    return parsed ?? fallback;
  }

  function text<F extends string | undefined>(name: string, shape: RegExp, allowed: string, fallback: F): string | F {
    return read(name, (value) => (shape.test(value) ? value : undefined), allowed, fallback);
  }

  function wholeNumber<F extends number | undefined>(name: string, min: number, max: number, fallback: F): number | F {
    const isAllowed = (value: string) => /^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max;
    const parse = (value: string) => (isAllowed(value) ? Number(value) : undefined);
    return read(name, parse, `a whole number from ${min} to ${max}`, fallback);
  }

  /** The first choice is the default. */
  function oneOf<T extends string>(name: string, choices: readonly [T, ...T[]]): T {
    return read(name, (value) => choices.find((choice) => choice === value), choices.join(' or '), choices[0]);
  }

  function oneOfNumbers<T extends number>(name: string, choices: readonly T[], fallback: T): T {
    const parse = (value: string) => choices.find((choice) => String(choice) === value);
    return read(name, parse, `one of ${choices.join(', ')}`, fallback);
  }

  /** IP addresses and CIDR ranges; on the command line separated by commas. */
  function addresses(name: string): string[] | undefined {
    const parse = (value: string) => {
      const list = value.split(',').map((address) => address.trim());
      return list.every(isAddress) ? list : undefined;
    };
    const allowed = 'IP addresses or CIDR ranges separated by commas, such as 203.0.113.0/24,2001:db8::1';
    return read(name, parse, allowed, undefined);
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
