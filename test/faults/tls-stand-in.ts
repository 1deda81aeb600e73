import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { readBody } from '../../sandbox/http.ts';
import { type Certificate, listenTls } from '../tls-server.ts';
import { forward } from './fault-proxy.ts';

export type TlsStandIn = Awaited<ReturnType<typeof startTlsStandIn>>;

/** A service of this machine with TLS in front of it, and a relay in front of that, which causes faults below TLS. */
export async function startTlsStandIn(target: string, certificate: Certificate) {
  const attempts: string[] = [];
  const server = await listenTls(certificate, async (request, response) => {
    attempts.push(String(request.headers['amz-sdk-request']));
    const { status, headers, body } = await forward(target, request, (await readBody(request)) ?? Buffer.alloc(0));
    response.writeHead(status, headers).end(body);
  });
  const open = new Set<Socket>();
  let connections = 0;
  let isBlackHole = false;
  const relay = createServer((client) => {
    connections++;
    open.add(client);
    client.on('close', () => open.delete(client)).on('error', () => {});
    // What came into the black hole stays there.
    if (isBlackHole) return;
    const service = connect(server.port, '127.0.0.1');
    pipeline(client, service, client, () => {});
  });
  const listen = async (port: number) => {
    relay.listen(port, '127.0.0.1');
    await once(relay, 'listening');
    return (relay.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const refuse = async () => {
    const closed = once(relay, 'close');
    relay.close();
    for (const socket of open) socket.destroy();
    await closed;
  };
  return {
    url: `https://localhost:${port}`,
    /** What the SDK says of each request that arrived: `attempt=1; max=3`. */
    attempts,
    connections: () => connections,
    /** Connections are accepted, and then nothing comes. */
    swallow: () => {
      isBlackHole = true;
    },
    refuse,
    /** Ends the fault. Connections in the black hole stay there. */
    recover: async () => {
      isBlackHole = false;
      if (!relay.listening) await listen(port);
    },
    close: async () => {
      await Promise.all([relay.listening && refuse(), server.close()]);
    },
  };
}
