import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on this machine's loopback address; nothing outside can reach it. */
export interface LocalServer {
  url: string;
  close: () => Promise<void>;
}

export interface ListenOptions extends ServerOptions {
  /**
   * Accepts any host name, which a server behind a tunnel needs. Every other server accepts only this machine's own name.
   */
  anyHost?: boolean;
}

/** Starts a server on 127.0.0.1, on any free port when `port` is 0. */
export async function listen(
  port: number,
  listener: RequestListener,
  { anyHost = false, ...options }: ListenOptions = {},
): Promise<LocalServer> {
  const server: Server = createServer(options, (request, response) => {
    if (anyHost || isForThisMachine(request)) listener(request, response);
    else response.writeHead(421, { 'content-type': 'text/plain', connection: 'close' }).end(misdirected);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

export const misdirected = 'Only requests to 127.0.0.1 or localhost, with the port of this server, are answered.\n';

/**
 * Whether the `Host` of a request is this machine and this port. The name of a web page can resolve to 127.0.0.1. Requests
 * that the page then sends from a visitor's browser have that name as `Host`.
 */
export function isForThisMachine({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): boolean {
  const [, name = '', port = '80'] = /^(.*?)(?::(\d{1,5}))?$/.exec(headers.host ?? '') ?? [];
  return ['127.0.0.1', 'localhost', '[::1]'].includes(name.toLowerCase()) && Number(port) === socket.localPort;
}

/** The whole body, or `undefined` if it is longer than `limit` bytes. */
export async function readBody(
  request: IncomingMessage,
  limit = Number.POSITIVE_INFINITY,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= limit) chunks.push(chunk);
  }
  return length <= limit ? Buffer.concat(chunks) : undefined;
}
