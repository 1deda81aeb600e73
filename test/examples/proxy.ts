import { type IncomingHttpHeaders, request } from 'node:http';
import { type LocalServer, listen, readBody } from '../../sandbox/http.ts';

/** A call of a service. */
export interface Call {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What becomes of a call: it never gets an answer, or it gets this one. By default it goes on to the service, or a changed one does. */
export type Fate = 'hangs' | { status: number; body: string } | { changed: string } | undefined;

/** Stands before a service on this machine, and decides about each call. */
export async function startProxy(target: string, decide: (call: Call) => Fate): Promise<LocalServer> {
  return listen(0, async (incoming, response) => {
    const bytes = await readBody(incoming);
    const fate = decide({ path: incoming.url ?? '', headers: incoming.headers, body: String(bytes) });
    if (fate === 'hangs') return;
    if (fate !== undefined && 'status' in fate) {
      response.writeHead(fate.status, { 'content-type': 'application/x-amz-json-1.0' }).end(fate.body);
      return;
    }
    const { hostname, port, host } = new URL(target);
    const { method, url: path } = incoming;
    const sent = fate === undefined ? (bytes ?? Buffer.of()) : Buffer.from(fate.changed);
    const headers = { ...incoming.headers, host, 'content-length': sent.length };
    const outgoing = request({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    outgoing.end(sent);
  });
}
