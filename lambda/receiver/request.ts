import { isObject } from '../guards.ts';
import { isMethod, isTarget } from '../signature.ts';
import { ReceiverError } from './errors.ts';

/** An HTTP request, as far as it can be rebuilt from a Lambda event. */
export interface WebhookRequest {
  method: string;
  /** Request targets that the sender may have written, likeliest first. Each is well-formed; there may be none. */
  targets: string[];
  /** Whether the target is well-formed as the event has it, before any encoding is restored. */
  hasPlainTarget: boolean;
  /** Values by lower-case name; several of one name are joined with a comma. */
  headers: ReadonlyMap<string, string>;
  /** Characters of the body as the event has it. */
  bodyCharacters: number;
  /** Decoded at the first access, because most bad requests are refused without it. */
  readonly body: Buffer;
  /** The front door's id of this request. */
  requestId: string | undefined;
}

type Json = Record<string, unknown>;

/**
 * Reads an HTTP API (payload 2.0), Function URL (2.0) or REST API (payload 1.0) event.
 *
 * @param mappingKey what stands before the path in the URL of a custom domain
 * @throws {ReceiverError} `malformed_event` for anything else
 */
export function parseRequest(event: unknown, mappingKey?: string): WebhookRequest {
  const root = object(event, 'event');
  const context = object(root.requestContext, 'requestContext');
  const http = isObject(context.http) ? context.http : undefined;
  const method = http ? http.method : root.httpMethod;
  if (typeof method !== 'string' || !isMethod(method)) throw malformed('the method is not an HTTP token');
  const targets = http ? targetsOfPayload2(root, context, mappingKey) : targetsOfPayload1(root, context);
  const encodedBody = root.body ?? '';
  if (typeof encodedBody !== 'string') throw malformed('body is not a string');
  let body: Buffer | undefined;
  return {
    method,
    targets: [...new Set(targets)].filter(isTarget),
    hasPlainTarget: targets.slice(0, 1).some(isTarget),
    headers: http ? parseHeaders(root) : withDate(parseHeaders(root)),
    bodyCharacters: encodedBody.length,
    get body() {
      body ??= Buffer.from(encodedBody, root.isBase64Encoded === true ? 'base64' : undefined);
      return body;
    },
    requestId: text(context.requestId) || undefined,
  };
}

/**
 * HTTP API and Function URL. The query is raw. The path is as written on a Function URL but percent-decoded on an HTTP
 * API, so a path that needs encoding has its encoded form as a candidate too. A named stage is in `rawPath`, although a
 * client of a custom domain did not write it. Whether a mapping key is in `rawPath` is not documented, so the path with it
 * is a candidate too. An empty query may have been written as a lone `?`.
 */
function targetsOfPayload2(root: Json, context: Json, mappingKey: string | undefined): string[] {
  const path = text(root.rawPath) ?? '';
  const query = text(root.rawQueryString) ?? '';
  const stage = text(context.stage) ?? '$default';
  const paths = path.startsWith(`/${stage}/`) ? [path, path.slice(stage.length + 1)] : [path];
  if (mappingKey !== undefined) paths.push(`/${mappingKey}${path}`);
  return paths
    .flatMap((candidate) => [candidate, percentEncode(candidate, notInPath)])
    .flatMap((candidate) => (query === '' ? [candidate, `${candidate}?`] : [`${candidate}?${query}`]));
}

/**
 * REST API. `requestContext.path` is the path that the client wrote. The query arrives decoded, so it is encoded again in
 * the common ways: everything that can be (RFC 3986), only what must be, and as an HTML form does it. A query with any
 * other encoding cannot be verified behind a REST API.
 */
function targetsOfPayload1(root: Json, context: Json): string[] {
  const paths = [text(context.path), text(root.path)].filter((path) => path !== undefined);
  const query = queryEntries(root);
  if (query.length === 0) return paths;
  const strict = joinQuery(query, (part) => percentEncode(part, notUnreserved));
  const minimal = joinQuery(query, (part) => percentEncode(part, notInQueryPart));
  const form = new URLSearchParams(query).toString();
  return paths.flatMap((path) => [strict, minimal, form].map((spelling) => `${path}?${spelling}`));
}

function queryEntries(root: Json): [string, string][] {
  const multi = root.multiValueQueryStringParameters;
  const parameters = isObject(multi) ? multi : root.queryStringParameters;
  if (!isObject(parameters)) return [];
  return Object.entries(parameters).flatMap(([name, values]) =>
    [values].flat().flatMap((value): [string, string][] => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

function joinQuery(entries: [string, string][], encode: (part: string) => string): string {
  return entries.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}

const notInPath = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]+/g;
const notUnreserved = /[^A-Za-z0-9\-._~]+/g;
const notInQueryPart = /[^A-Za-z0-9\-._~!$'()*,;:@/?]+/g;

function percentEncode(value: string, needsEncoding: RegExp): string {
  return value.replace(needsEncoding, (run) => Buffer.from(run).toString('hex').toUpperCase().replace(/../g, '%$&'));
}

/** Payload 1.0 keeps duplicates only in `multiValueHeaders`. Without them a second `Date` would go unnoticed. */
function parseHeaders(root: Json): Map<string, string> {
  const source = isObject(root.multiValueHeaders) ? root.multiValueHeaders : root.headers;
  const headers = new Map<string, string>();
  for (const [name, values] of Object.entries(isObject(source) ? source : {})) {
    const each: unknown[] = Array.isArray(values) ? values : [values];
    for (const value of each) {
      if (typeof value !== 'string') continue;
      const key = name.toLowerCase();
      const earlier = headers.get(key);
      headers.set(key, earlier === undefined ? value : `${earlier},${value}`);
    }
  }
  return headers;
}

/** AWS has listed `Date` among the headers that a REST API may rename. It is signed, so its value is safe under any name. */
function withDate(headers: Map<string, string>): ReadonlyMap<string, string> {
  const date = headers.get('date') || headers.get('x-amzn-remapped-date');
  return date === undefined ? headers : headers.set('date', date);
}

function object(value: unknown, name: string): Json {
  if (!isObject(value)) throw malformed(`${name} is not an object`);
  return value;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function malformed(what: string): ReceiverError {
  return new ReceiverError('malformed_event', `Not an API Gateway or Function URL event: ${what}`);
}
