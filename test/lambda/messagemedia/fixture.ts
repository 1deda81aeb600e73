import type { RequestListener } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { createProvider, type Provider } from '../../../lambda/messagemedia/client.ts';
import { ProviderError } from '../../../lambda/messagemedia/error.ts';
import type { ProviderOptions } from '../../../lambda/messagemedia/options.ts';
import { type LocalServer, listen } from '../../../sandbox/http.ts';
import {
  type ProviderSimulator,
  type ProviderSimulatorOptions,
  startProvider,
} from '../../../sandbox/messagemedia/server.ts';

/** A client that does not wait in its pauses but records them, in milliseconds. */
export interface TestClient {
  client: Provider;
  pauses: number[];
}

export function clientOf(server: LocalServer, options: Partial<ProviderOptions> = {}): TestClient {
  const pauses: number[] = [];
  const pause = async (milliseconds: number) => {
    pauses.push(milliseconds);
  };
  const credentials = { apiKey: 'sandbox-key', apiSecret: 'sandbox-secret' };
  return { client: createProvider({ baseUrl: server.url, ...credentials, pause, ...options }), pauses };
}

/** A simulator with small keys, and a client for it. */
export async function startPair(
  simulated: ProviderSimulatorOptions = {},
  options: Partial<ProviderOptions> = {},
): Promise<TestClient & { provider: ProviderSimulator }> {
  const provider = await startProvider({ modulusLength: 1024, ...simulated });
  return { provider, ...clientOf(provider, options) };
}

/** Runs work against a server with this listener, and closes the server. */
export async function withServer<T>(listener: RequestListener, work: (server: LocalServer) => Promise<T>): Promise<T> {
  const server = await listen(0, listener);
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

/** Runs work against a server whose `speak` gets the connection and the first bytes of the request. */
export async function withTcp(speak: (socket: Socket, bytes: Buffer) => void, work: (url: string) => Promise<void>) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.once('data', (bytes) => speak(socket, bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  try {
    await work(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

/** The error of work that must fail. */
export async function failureOf(work: Promise<unknown>): Promise<ProviderError> {
  const outcome = await work.catch((error: unknown) => error);
  if (outcome instanceof ProviderError) return outcome;
  throw new Error(`No ProviderError, but ${inspect(outcome)}`);
}
