import type { Capture } from '../../diagnosis/capture.ts';
import { isObject } from '../../lambda/guards.ts';
import { parseRequest } from '../../lambda/receiver/request.ts';
import { readCurl } from './curl.ts';
import { headersOf, readRawHttp } from './raw-http.ts';

/** A captured request, with warnings about the capture. */
export interface ReadCapture {
  format: 'Lambda event' | 'capture' | 'HAR' | 'raw HTTP' | 'curl command';
  capture: Capture;
  /** When it arrived, in milliseconds since the epoch, if the format knows. */
  receivedAt?: number | undefined;
  /** What may be wrong with the capture itself. */
  cautions: string[];
}

/**
 * Reads a captured request: a Lambda event of API Gateway or a Function URL, a capture of ours, a HAR, raw HTTP, or a curl
 * command.
 *
 * @throws {Error} when it is none of these
 */
export function readCapture(bytes: Buffer): ReadCapture {
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  if (/^\s*curl(\.exe)?\s/.test(text)) return { format: 'curl command', capture: readCurl(text), cautions: [] };
  if (/^[A-Z]+ \S+ HTTP\/[\d.]+\r?\n/.test(text)) return { format: 'raw HTTP', ...readRawHttp(bytes) };
  const value = parseJson(text);
  if (!isObject(value)) throw unknownFormat();
  if (isObject(value.log)) return readHar(value.log);
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
  return new Error('This is not a Lambda event, a capture, a HAR, a raw HTTP request, or a curl command.');
}

function readEvent(event: Json, context: Json): ReadCapture {
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
function readOwn({ method, target, headers, body, receivedAt }: Json): ReadCapture {
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

function readHar({ entries }: Json): ReadCapture {
  const entry: unknown = Array.isArray(entries) ? entries.at(-1) : undefined;
  const request = isObject(entry) && isObject(entry.request) ? entry.request : undefined;
  if (request === undefined) throw new Error('The HAR has no request.');
  const url = String(request.url);
  const listed = Array.isArray(request.headers) ? request.headers : [];
  const post = isObject(request.postData) ? request.postData.text : '';
  const base64 = isObject(request.postData) && request.postData.encoding === 'base64';
  return {
    format: 'HAR',
    capture: {
      method: String(request.method),
      targets: [url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/#.*/, '') || '/'],
      headers: headersOf(listed.map((header: Json): [string, unknown] => [String(header.name), header.value])),
      body: Buffer.from(typeof post === 'string' ? post : '', base64 ? 'base64' : 'utf8'),
    },
    receivedAt: isObject(entry) ? Date.parse(String(entry.startedDateTime)) || undefined : undefined,
    cautions: ['A HAR holds the body as text: it cannot prove which bytes were sent.'],
  };
}
