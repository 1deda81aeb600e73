import type { WireRequest } from '../../../signing/sender.ts';
import { httpApiEvent } from '../../support.ts';

export type Json = Record<string, unknown>;

/** Decoded where it can be. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** What each front door makes of a request. */
export const frontDoors = {
  httpApi: (request: WireRequest): Json => payload2(request, decode),

  functionUrl: (request: WireRequest): Json => payload2(request, (path) => path),

  /** The query arrives decoded, and a header's values in a list. */
  restApi: ({ method, target, headers, body }: WireRequest): Json => {
    const [path = '', query = ''] = target.split(/\?(.*)/s);
    const values = new Map<string, string[]>();
    for (const [name, value] of new URLSearchParams(query)) values.set(name, [...(values.get(name) ?? []), value]);
    return {
      ...{ resource: '/messagemedia', path, httpMethod: method, headers },
      multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      multiValueQueryStringParameters: query === '' ? null : Object.fromEntries(values),
      requestContext: { path: `/prod${path}`, stage: 'prod', requestId: 'r' },
      ...{ body: body.toString('base64'), isBase64Encoded: true },
    };
  },
};

function payload2(request: WireRequest, pathOf: (path: string) => string): Json {
  const [path = '', query = ''] = request.target.split(/\?(.*)/s);
  const event = httpApiEvent({ ...request, target: '/' }, 'r');
  const http = { method: request.method, path: pathOf(path), protocol: 'HTTP/1.1', sourceIp: '192.0.2.1' };
  return {
    ...event,
    rawPath: pathOf(path),
    rawQueryString: query,
    requestContext: { ...event.requestContext, http },
  };
}

/** The same event with its body as text, as front doors hand on what is text. */
export function withText(event: Json): Json {
  return { ...event, body: Buffer.from(String(event.body), 'base64').toString('utf8'), isBase64Encoded: false };
}
