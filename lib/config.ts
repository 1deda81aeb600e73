import type { Node } from 'constructs';
import { defaultTimestampToleranceSeconds } from '../lambda/contract.ts';

/** Everything that can be chosen at `cdk deploy`, each as `-c name=value`. */
export interface Settings {
  /**
   * Path that takes webhooks. Only characters that no front door rewrites, because the path is part of what is signed.
   * @default /messagemedia
   */
  callbackPath: string;
  /**
   * `fifo` keeps the events of one message in order and queues a sender's retry once; `standard` does neither, but
   * costs less per message and has no limit on its throughput.
   * @default fifo
   */
  ordering: 'fifo' | 'standard';
  /**
   * How far the signed `Date` may be from now, in seconds; `0` turns the check off. The default is longer than the
   * longest retry tail that MessageMedia documents (10 minutes).
   * @default 900
   */
  timestampToleranceSeconds: number;
  /**
   * Days from one rotation of the signature key to the next; `0` leaves rotation to you. It needs credentials of
   * MessageMedia's API, which go into a secret of their own.
   * @default 0
   */
  rotationDays: number;
  /**
   * MessageMedia's API, for rotation: `messagemedia`, `eu`, `au`, or a URL.
   * @default messagemedia
   */
  messagemediaBaseUrl: string;
}

/**
 * Reads and validates the settings.
 *
 * @throws {Error} naming the setting, its value and what is allowed
 */
export function readSettings(node: Node): Settings {
  return {
    callbackPath: text(
      node,
      'callbackPath',
      '/messagemedia',
      /^(?:\/[A-Za-z0-9._~-]+)+$/,
      'a path such as /messagemedia, of letters, digits and . _ ~ -',
    ),
    ordering: oneOf(node, 'ordering', ['fifo', 'standard']),
    timestampToleranceSeconds: wholeNumber(node, 'timestampToleranceSeconds', defaultTimestampToleranceSeconds, 86_400),
    rotationDays: wholeNumber(node, 'rotationDays', 0, 1000),
    messagemediaBaseUrl: text(
      node,
      'messagemediaBaseUrl',
      'messagemedia',
      /^(messagemedia|eu|au|https:\/\/[^\s?#]+)$/,
      'messagemedia, eu, au, or an https URL',
    ),
  };
}

function read(node: Node, name: keyof Settings): string | undefined {
  const value: unknown = node.tryGetContext(name);
  return value === undefined ? undefined : String(value);
}

function text(node: Node, name: keyof Settings, fallback: string, shape: RegExp, allowed: string): string {
  const value = read(node, name) ?? fallback;
  if (!shape.test(value)) throw invalid(name, value, allowed);
  return value;
}

/** The first choice is the default. */
function oneOf<T extends string>(node: Node, name: keyof Settings, choices: readonly [T, ...T[]]): T {
  const value = read(node, name) ?? choices[0];
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw invalid(name, value, choices.join(' or '));
  return choice;
}

function wholeNumber(node: Node, name: keyof Settings, fallback: number, max: number): number {
  const value = read(node, name) ?? String(fallback);
  if (!/^\d{1,9}$/.test(value) || Number(value) > max) throw invalid(name, value, `a whole number from 0 to ${max}`);
  return Number(value);
}

function invalid(name: string, value: string, allowed: string): Error {
  return new Error(`Setting ${name} is "${value}": it must be ${allowed}.`);
}
