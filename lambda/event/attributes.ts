import type { QueuedEvent } from '../contract.ts';
import { isObject, isTimestamp } from '../guards.ts';
import { decodeSignature, isMethod, isTarget, parseDigest, parseHttpDate } from '../signature.ts';
import { eventKinds } from './kinds.ts';

/** Problems of a message. */
export type QueuedEventErrorCode =
  | 'not_json'
  | 'missing_attribute'
  | 'invalid_attribute'
  | 'invalid_data'
  | 'invalid_dataref'
  | 'data_elsewhere';

/** A message that is not an event of the receiver, or whose data is not where it should be. The error's text holds no data. */
export class QueuedEventError extends Error {
  override readonly name = 'QueuedEventError';
  readonly code: QueuedEventErrorCode;

  constructor(code: QueuedEventErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Parses a message and checks every attribute. The data is not checked.
 *
 * @throws {QueuedEventError} when it is not an event of the receiver
 */
export function parseQueuedEvent(message: string): QueuedEvent {
  const event = parseObject(message);
  const isPolled = event.mmorigin !== undefined;
  for (const [name, isValid] of Object.entries(
    isPolled ? { ...required, mmorigin: isPoll } : { ...required, ...signed },
  )) {
    if (event[name] === undefined) throw new QueuedEventError('missing_attribute', `The message has no ${name}`);
    check(event, name, isValid);
  }
  for (const [name, isValid] of Object.entries(optional)) {
    if (event[name] !== undefined) check(event, name, isValid);
  }
  if (isPolled) {
    // Of the other kinds none can be fetched, so somebody else made it.
    if (!polledTypes.has(String(event.type))) throw invalid('mmorigin');
    // An event that was never signed must not look like a signed one.
    for (const name of [...Object.keys(signed), 'mmkeyid']) if (event[name] !== undefined) throw invalid(name);
  }
  for (const [name, value] of Object.entries(event)) {
    // CloudEvents attributes are never objects.
    if (name !== 'data' && typeof value === 'object') throw invalid(name);
  }
  const data = ['data', 'data_base64', 'dataref'].filter((name) => event[name] !== undefined);
  if (data.length > 1) throw new QueuedEventError('invalid_data', `The event has both ${data.join(' and ')}`);
  if (data.length > 0 && event.datacontenttype === undefined) {
    throw new QueuedEventError('missing_attribute', 'The event has data but no datacontenttype');
  }
  return event as unknown as QueuedEvent;
}

/**
 * Splits a signed request line.
 *
 * @returns `undefined` when it cannot have been signed
 */
export function parseRequestLine(line: string): { method: string; target: string } | undefined {
  const [method, target, version, ...more] = line.split(' ') as [string, string, ...string[]];
  if (version !== 'HTTP/1.1' || more.length > 0 || !isMethod(method) || !isTarget(target)) return undefined;
  return { method, target };
}

const isText = (value: string) => value !== '';
const isPoll = (value: string) => value === 'poll';
const isBase64 = (value: string) => Buffer.from(value, 'base64').toString('base64') === value;
const kinds = Object.values(eventKinds);
const types: ReadonlySet<string> = new Set(kinds.map(({ type }) => type));
const polledTypes: ReadonlySet<string> = new Set(kinds.filter(({ isPolled }) => isPolled).map(({ type }) => type));

const required: Record<string, (value: string) => boolean> = {
  specversion: (value) => value === '1.0',
  id: isText,
  source: isText,
  type: (value) => types.has(value),
  time: isTimestamp,
};

/** Attributes of an event that came as a webhook. */
const signed: Record<string, (value: string) => boolean> = {
  mmdigest: (value) => parseDigest(value) === value,
  mmrequestline: (value) => parseRequestLine(value) !== undefined,
  mmdate: (value) => parseHttpDate(value) !== undefined,
  mmsignature: (value) => decodeSignature(value) !== undefined,
};

const optional: Record<string, (value: string) => boolean> = {
  subject: isText,
  datacontenttype: isText,
  mmkeyid: isText,
  mmrepeated: isText,
  mmreplay: isText,
  dataref: isText,
  data_base64: isBase64,
};

function check(event: Record<string, unknown>, name: string, isValid: (value: string) => boolean): void {
  const value = event[name];
  if (typeof value !== 'string' || !isValid(value)) throw invalid(name);
}

function invalid(name: string): QueuedEventError {
  return new QueuedEventError('invalid_attribute', `The event's ${name} is not what a receiver writes`);
}

function parseObject(message: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    // The parser's own message would quote the data.
    throw new QueuedEventError('not_json', 'The message is not JSON');
  }
  if (isObject(value)) return value;
  throw new QueuedEventError('not_json', 'The message is not a JSON object');
}
