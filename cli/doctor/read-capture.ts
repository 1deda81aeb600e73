import type { CapturedRequest } from '../../diagnosis/captured-request.ts';
import { isObject } from '../../lambda/guards.ts';
import { parseRequest } from '../../lambda/receiver/request.ts';
import { toUtf8 } from '../text-file.ts';
import { findEvents, parseJson } from './find-events.ts';

/** A captured request, with warnings about the capture. */
export interface Capture {
  format: 'Lambda event' | 'capture' | 'raw HTTP';
  request: CapturedRequest;
  /** When it arrived, in milliseconds since the epoch, if the format knows. */
  receivedAt?: number | undefined;
  cautions: string[];
}

/**
 * Reads a captured request: raw HTTP, a capture of ours, or a Lambda event of API Gateway or a Function URL, alone or in a log.
 *
 * @throws {Error} when it is none of these
 */
export function readCapture(file: Buffer): Capture {
  const bytes = toUtf8(file);
  const text = bytes.toString('utf8');
  if (/^[A-Z]+ \S+ HTTP\/[\d.]+\r?\n/.test(text)) return readRawHttp(bytes);
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

function unknownFormat(): Error {
  return new Error('This is not a Lambda event, a line of a log with one, a capture, or a raw HTTP request.');
}

function readEvent(event: Json, context: Json): Capture {
  const { method, targets, headers, body } = parseRequest(event);
  const { stage, timeEpoch, requestTimeEpoch } = context;
  const time = timeEpoch ?? requestTimeEpoch;
  return {
    format: 'Lambda event',
    request: {
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
function readOwn({ method, target, headers, body, receivedAt }: Json): Capture {
  return {
    format: 'capture',
    request: {
      method: String(method),
      targets: [String(target)],
      headers: headersOf(Object.entries(isObject(headers) ? headers : {})),
      body: Buffer.from(typeof body === 'string' ? body : '', 'base64'),
    },
    receivedAt: typeof receivedAt === 'number' ? receivedAt : undefined,
    cautions: [],
  };
}

/** A request as it was on the wire, chunked or not. */
function readRawHttp(bytes: Buffer): Capture {
  const end = /\r?\n\r?\n/.exec(bytes.toString('latin1'));
  const head = bytes.subarray(0, end?.index ?? bytes.length).toString('latin1');
  const rest = end ? bytes.subarray(end.index + end[0].length) : Buffer.alloc(0);
  const [line = '', ...lines] = head.split(/\r?\n/);
  const [method = '', target = ''] = line.split(' ');
  const headers = headersOf(
    lines.map((each) => {
      const colon = each.indexOf(':');
      return [each.slice(0, colon).trim(), each.slice(colon + 1).trim()];
    }),
  );
  const chunked = /chunked/i.test(headers.get('transfer-encoding') ?? '');
  const body = chunked ? joinChunks(rest) : rest;
  const announced = Number(headers.get('content-length') ?? body.length);
  const cautions: string[] = [];
  if (announced > body.length)
    cautions.push(`The capture is cut: it has ${body.length} of ${announced} bytes of the body.`);
  // Bytes after the announced length were not sent; an editor may have added a line break.
  const sent = announced < body.length ? body.subarray(0, announced) : body;
  return { format: 'raw HTTP', request: { method, targets: [target], headers, body: sent }, cautions };
}

function joinChunks(rest: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < rest.length; ) {
    const end = rest.indexOf('\n', at);
    const size = Number.parseInt(rest.subarray(at, end).toString('latin1'), 16);
    if (end < 0 || !(size > 0)) break;
    chunks.push(rest.subarray(end + 1, end + 1 + size));
    at = rest.indexOf('\n', end + 1 + size) + 1;
    if (at === 0) break;
  }
  return Buffer.concat(chunks);
}

/** Headers by lower-case name; several of one name are joined, as API Gateway does. */
function headersOf(pairs: readonly (readonly [string, unknown])[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (typeof value !== 'string') continue;
    const key = name.toLowerCase();
    const earlier = headers.get(key);
    headers.set(key, earlier === undefined ? value : `${earlier},${value}`);
  }
  return headers;
}

/** Where the ngrok agent serves the requests that it passed on. */
const agent = 'http://127.0.0.1:4040';

/**
 * A request that went through ngrok's tunnel, from its agent on this machine.
 *
 * @param id of the request @default the newest
 * @param origin of the agent
 * @throws {Error} when no agent answers, or it has no such request
 */
export async function readFromNgrok(id: string | undefined, origin = agent): Promise<Capture> {
  const path = id === undefined ? '?limit=1' : `/${encodeURIComponent(id)}`;
  const response = await fetch(`${origin}/api/requests/http${path}`).catch((cause: unknown) => {
    throw new Error(`No ngrok agent answers at ${origin}: is ngrok running on this machine?`, { cause });
  });
  if (!response.ok) throw new Error(`The ngrok agent answered ${response.status}: does it have the request ${id}?`);
  const answer: { requests?: NgrokRequest[] } & NgrokRequest = JSON.parse(await response.text());
  const found = answer.requests === undefined ? answer : answer.requests[0];
  if (found?.request?.raw === undefined) throw new Error('The ngrok agent has no request yet.');
  const receivedAt = Date.parse(found.start ?? '');
  const request = readRawHttp(Buffer.from(found.request.raw, 'base64'));
  return Number.isNaN(receivedAt) ? request : { ...request, receivedAt };
}

/** The parts of ngrok's answer that are used; `raw` is the whole request in base64. */
interface NgrokRequest {
  start?: string;
  request?: { raw?: string };
}
