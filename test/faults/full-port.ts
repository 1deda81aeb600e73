import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Accepts connections and passes them on to the port that it is given. */
const program = `const { connect, createServer } = require('node:net');
const relay = (client) => client.pipe(connect(+process.argv[1], '127.0.0.1')).pipe(client).on('error', () => {});
createServer(relay).listen(0, '127.0.0.1', 1, function () {
  console.log(this.address().port);
});`;

/** A port in front of another. It is stopped and its backlog is full, so that a new connection gets no answer at all. */
export async function startFullPort(target: string) {
  const { port: service } = new URL(target);
  const relay = spawn(process.execPath, ['--eval', program, service], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(relay.stdout, 'data');
  relay.kill('SIGSTOP');
  const fillers: Socket[] = [];
  for (let isFull = false; !isFull; ) {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
    fillers.push(socket);
    isFull = await Promise.race([once(socket, 'connect').then(() => false), sleep(500, true)]);
  }
  return {
    url: `https://localhost:${Number(port)}`,
    recover: () => {
      for (const socket of fillers) socket.destroy();
      relay.kill('SIGCONT');
    },
    close: async () => {
      for (const socket of fillers) socket.destroy();
      relay.kill('SIGKILL');
      await once(relay, 'exit');
    },
  };
}
