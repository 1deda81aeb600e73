import { Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/*
 * Runs a function's bundle as Lambda does, with a clock that can be put forward. With `speed`, its timers run faster, and
 * waits of minutes take no time.
 */

const { bundle, speed }: { bundle: string; speed?: number } = workerData;
const realNow = Date.now;
let ahead = 0;
Date.now = () => realNow() + ahead;

if (speed !== undefined) {
  const { syncBuiltinESMExports } = await import('node:module');
  const { default: promises } = await import('node:timers/promises');
  const { setTimeout, AbortSignal } = globalThis;
  globalThis.setTimeout = Object.assign(
    (handler: (...given: unknown[]) => void, milliseconds = 0, ...given: unknown[]) =>
      setTimeout(handler, milliseconds / speed, ...given),
    setTimeout,
  );
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (milliseconds) => timeout(milliseconds / speed);
  const idle = Socket.prototype.setTimeout;
  Socket.prototype.setTimeout = function (this: Socket, milliseconds, handler) {
    return idle.call(this, milliseconds / speed, handler);
  };
  const sleep = promises.setTimeout;
  promises.setTimeout = async <T>(milliseconds = 0, value?: T) => {
    ahead += milliseconds;
    return sleep(Math.min(milliseconds / speed, 100), value as T);
  };
  syncBuiltinESMExports();
}

const { handler } = await import(bundle);
parentPort?.postMessage({ id: 'started' });
parentPort?.on('message', async ({ id, event, advance = 0 }: { id: string; event?: string; advance?: number }) => {
  ahead += advance;
  if (event === undefined) return;
  try {
    parentPort?.postMessage({ id, answer: await handler(JSON.parse(event), { awsRequestId: id }) });
  } catch (error) {
    parentPort?.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
