import type { Capture } from '../../diagnosis/capture.ts';
import { isObject } from '../../lambda/guards.ts';
import { parseRequest } from '../../lambda/receiver/request.ts';
import { toUtf8 } from '../text-file.ts';
import { findEvents } from './find-events.ts';
import { headersOf, readRawHttp } from './raw-http.ts';

/** A captured request, with warnings about the capture. */
export interface CapturedRequest {
  format: 'Lambda event' | 'capture' | 'raw HTTP';
  capture: Capture;
  /** When it arrived, in milliseconds since the epoch, if the format knows. */
  receivedAt?: number | undefined;
  cautions: string[];
}

/**
 * Reads a captured request: raw HTTP, a capture of ours, or a Lambda event of API Gateway or a Function URL, alone or in a log.
 *
 * @throws {Error} when it is none of these
 */
export function readCapture(file: Buffer): CapturedRequest {
  const bytes = toUtf8(file);
  const text = bytes.toString('utf8');
  if (/^[A-Z]+ \S+ HTTP\/[\d.]+\r?\n/.test(text)) return { format: 'raw HTTP', ...readRawHttp(bytes) };
  const value = parseJson(text);
  if (isObject(value) && typeof value.method === 'string' && typeof value.target === 'string') return readOwn(value);
  if (isObject(value) && isObject(value.requestContext)) return readEvent(value, value.requestContext);
  const events = findEvents(text);
  const last = events.at(-1);
  if (last === undefined) throw unknownFormat();
  const cautions = [
    ...(events.length > 1 ? [`The text holds ${events.length} events: this is the last.`] : []),
    ...(last.isCut ? ['The log left out a part of what it wrote: log JSON.stringify(event) to have all of it.'] : []),
  ];
  return { ...readEvent(last.event, last.event.requestContext), cautions };
}

type Json = Record<string, unknown>;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unknownFormat(): Error {
  return new Error('This is not a Lambda event, a line of a log with one, a capture, or a raw HTTP request.');
}

function readEvent(event: Json, context: Json): CapturedRequest {
  const { method, targets, headers, body } = parseRequest(event);
  const { stage, timeEpoch, requestTimeEpoch } = context;
  const time = timeEpoch ?? requestTimeEpoch;
  return {
    format: 'Lambda event',
    capture: {
      method,
      targets,
      headers,
      body,
      prefixes: typeof stage === 'string' && stage !== '$default' ? [stage] : [],
    },
    receivedAt: typeof time === 'number' ? time : undefined,
    cautions: [],
  };
}

/** As `mmw` and the sandbox write it: `{method, target, headers, body}`, with the body in base64. */
function readOwn({ method, target, headers, body, receivedAt }: Json): CapturedRequest {
  return {
    format: 'capture',
    capture: {
      method: String(method),
      targets: [String(target)],
      headers: headersOf(Object.entries(isObject(headers) ? headers : {})),
      body: Buffer.from(typeof body === 'string' ? body : '', 'base64'),
    },
    receivedAt: typeof receivedAt === 'number' ? receivedAt : undefined,
    cautions: [],
  };
}
