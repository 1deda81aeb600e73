import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from '../../lambda/receiver/receiver.ts';
import { type LocalServer, listen, readBody } from '../http.ts';

/** Largest body that an HTTP API takes, and largest event that Lambda takes, in bytes. */
const maxBodyBytes = 10 * 1024 * 1024;
const maxEventBytes = 6 * 1024 * 1024;

/** Most bytes of request line and headers together. */
const maxHeaderBytes = 10_240;

export interface HandledRequest {
  method: string;
  path: string;
  /** Path and query as they were sent. */
  target: string;
  /** Names and values in turn, as they were sent. */
  rawHeaders: readonly string[];
  body: Buffer;
  requestId: string;
  /** The event that the function got, in JSON; `undefined` if the gateway answered itself. */
  event: string | undefined;
}

export interface GatewayOptions {
  /** `0` for any free port. */
  port: number;
  /** The one path with a route to the function. */
  path: string;
  /** Invokes the function with an event in JSON, as Lambda gets it. */
  invoke: (event: string) => Promise<Answer>;
  /** Gets each request when its headers have arrived. @returns what is called when it has ended, in whatever way */
  onRequest?: (request: Pick<HandledRequest, 'method' | 'target'>) => () => void;
  onAnswer: (request: HandledRequest, answer: Answer) => void;
}

/** Serves HTTP like an HTTP API with a `$default` stage: each request becomes a payload 2.0 event for the function. */
export function startGateway(options: GatewayOptions): Promise<LocalServer> {
  const { onRequest = () => () => {} } = options;
  const serve = async (request: IncomingMessage, response: ServerResponse, target: string) => {
    const body = await readBody(request, maxBodyBytes);
    const [path, query] = splitTarget(target);
    const requestId = randomUUID();
    const { method = 'GET', rawHeaders } = request;
    const handled = { method, path, target, rawHeaders, body: body ?? Buffer.alloc(0), requestId };
    const refuse = (statusCode: number, message: string) => {
      reply(response, statusCode, message);
      const answer = { statusCode, headers: {}, body: JSON.stringify({ message }) };
      options.onAnswer({ ...handled, event: undefined }, answer);
    };
    if (path !== options.path) return refuse(404, 'Not Found');
    const event = body && JSON.stringify(toEvent(request, path, query, body, requestId));
    if (event === undefined || Buffer.byteLength(event) > maxEventBytes) return refuse(413, 'Request Entity Too Large');
    const answer = await options.invoke(event);
    response.writeHead(answer.statusCode, { ...answer.headers, 'apigw-requestid': requestId }).end(answer.body);
    options.onAnswer({ ...handled, event }, answer);
  };
  return listen(
    options.port,
    (request, response) => {
      const target = Buffer.from(request.url ?? '/', 'latin1').toString('utf8');
      const end = onRequest({ method: request.method ?? 'GET', target });
      serve(request, response, target)
        .catch(() => reply(response, 500, 'Internal Server Error'))
        .finally(end);
    },
    { maxHeaderSize: maxHeaderBytes, anyHost: true },
  );
}

function reply(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
}

/** The path arrives percent-decoded and cut at a decoded `?`. The query stays as it was sent. */
function splitTarget(target: string): [path: string, query: string] {
  const at = target.indexOf('?');
  const [path, query] = at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
  return [percentDecode(path).split('?')[0] ?? '', query];
}

function percentDecode(path: string): string {
  return path.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
}

function toEvent(request: IncomingMessage, path: string, query: string, body: Buffer, requestId: string) {
  const { headers, cookies } = joinHeaders(request);
  const isText = isTextType(headers['content-type']);
  const now = new Date();
  return {
    version: '2.0',
    routeKey: `ANY ${path}`,
    rawPath: path,
    rawQueryString: query,
    ...(cookies.length > 0 && { cookies }),
    headers,
    requestContext: {
      accountId: '000000000000',
      apiId: 'sandbox',
      domainName: headers.host,
      domainPrefix: 'sandbox',
      http: {
        method: request.method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: request.socket.remoteAddress,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: `ANY ${path}`,
      stage: '$default',
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** Names are in lower case, several values of one name are joined with a comma, and cookies are separate. */
function joinHeaders({ rawHeaders }: IncomingMessage): { headers: Record<string, string>; cookies: string[] } {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = String(rawHeaders[index]).toLowerCase();
    const value = String(rawHeaders[index + 1]);
    if (name === 'cookie') cookies.push(...value.split('; '));
    else headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return { headers, cookies };
}

/** These types reach the function as text. Every other type, and a missing one, arrives in base64. */
function isTextType(contentType = ''): boolean {
  const [type = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((each) => each.trim());
  const isOther = parameters.some((each) => each.startsWith('charset=') && !/^charset="?utf-?8"?$/.test(each));
  return !isOther && (type.startsWith('text/') || /^application\/(json|xml|javascript)$/.test(type));
}
