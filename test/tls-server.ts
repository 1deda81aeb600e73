import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { LocalServer } from '../sandbox/http.ts';

/** A certificate for `localhost` that nobody trusts who is not told to, and its private key. */
export interface Certificate {
  cert: string;
  key: string;
}

export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  try {
    execFileSync('openssl', ['req', '-x509', ...curve, ...names, '-out', cert, '-keyout', key], { stdio: 'pipe' });
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface TlsServer extends LocalServer {
  port: number;
  /** How many connections were opened so far. */
  connections: () => number;
  /** Closes the open connections, as a service does with idle ones. */
  closeConnections: () => void;
}

/** Starts a server with TLS on a free port of 127.0.0.1. */
export async function listenTls(certificate: Certificate, listener: RequestListener): Promise<TlsServer> {
  const server = createServer(certificate, listener);
  const open = new Set<Duplex>();
  let connections = 0;
  // Not `secureConnection`: a client may know earlier than the server that the handshake is done.
  server.on('connection', (socket) => {
    connections++;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  // Idle connections stay open until the test ends them.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const closeConnections = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `https://localhost:${port}`,
    port,
    connections: () => connections,
    closeConnections,
    close: async () => {
      server.close();
      closeConnections();
      await once(server, 'close');
    },
  };
}
