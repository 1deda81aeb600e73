import { Agent, type AgentOptions } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** Codes of a connection that the other side closed, nearly always before it read the request. */
const closed = new Set<unknown>(['ECONNRESET', 'EPIPE']);

/** What some servers say on a connection that was idle too long, before they close it. They read no request. */
const idleTooLong = 408;

/**
 * Makes a call again at once if its connection turns out to be closed. The services close idle connections, also while
 * Lambda has frozen the function, and that must cost neither a try nor a pause.
 */
export class ReconnectingHandler extends NodeHttpHandler {
  override async handle(...call: Parameters<NodeHttpHandler['handle']>): ReturnType<NodeHttpHandler['handle']> {
    try {
      const answer = await super.handle(...call);
      if (answer.response.statusCode !== idleTooLong) return answer;
      answer.response.body.resume();
    } catch (error) {
      if (!closed.has((error as NodeJS.ErrnoException).code)) throw error;
    }
    return super.handle(...call);
  }
}

type CreateConnection = Agent['createConnection'];

/** An agent that can connect before the first request. */
export class ConnectingAgent extends Agent {
  #connected: { host: string; port: number; socket: Duplex } | undefined;

  constructor() {
    // As in the SDK's own agent.
    super({ keepAlive: true, maxSockets: 50 });
  }

  /** Opens the connection of the first request to this host and port. Ends when it is open or has failed. */
  async connect(host: string, port: number): Promise<void> {
    const options: AgentOptions = { ...this.options, host, port, servername: isIP(host) === 0 ? host : '' };
    // Never absent: the agent knows no proxy, which would open it later.
    const socket = super.createConnection(options) as Duplex;
    this.#connected = { host, port, socket };
    await new Promise<void>((resolve) => {
      socket.on('secureConnect', resolve);
      // The first request finds the socket destroyed, connects again and reports the error. An error that comes later, when
      // nobody waits any more, must not end the process either.
      // Stryker disable next-line StringLiteral: without the listener the error ends the process that runs the tests
      socket.on('error', () => resolve());
    });
  }

  override createConnection(...[options, connected]: Parameters<CreateConnection>): ReturnType<CreateConnection> {
    const prepared = this.#connected;
    const isForIt = prepared?.host === options.host && prepared?.port === Number(options.port);
    if (!prepared?.socket.writable || !isForIt) return super.createConnection(options, connected);
    this.#connected = undefined;
    return prepared.socket;
  }
}
