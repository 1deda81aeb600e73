import type { Capture } from '../../diagnosis/capture.ts';
import { isObject } from '../../lambda/guards.ts';
import { parseRequest } from '../../lambda/receiver/request.ts';
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
 * Reads a captured request: a Lambda event of API Gateway or a Function URL, a capture of ours, or raw HTTP.
 *
 * @throws {Error} when it is none of these
 */
export function readCapture(bytes: Buffer): CapturedRequest {
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  if (/^[A-Z]+ \S+ HTTP\/[\d.]+\r?\n/.test(text)) return { format: 'raw HTTP', ...readRawHttp(bytes) };
  const value = parseJson(text);
  if (!isObject(value)) throw unknownFormat();
  if (isObject(value.requestContext)) return readEvent(value, value.requestContext);
  if (typeof value.method === 'string' && typeof value.target === 'string') return readOwn(value);
  throw unknownFormat();
}

type Json = Record<string, unknown>;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(unknownFormat().message, { cause });
  }
}

function unknownFormat(): Error {
  return new Error('This is not a Lambda event, a capture, or a raw HTTP request.');
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
