import { Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/*
 * Runs a function's bundle as Lambda does, with a clock that can be put forward. With `speed`, its timers run faster, and
 * waits of minutes take no time. It is JavaScript because a thread that strips types starts slowly.
 */

const { bundle, speed } = workerData;
// The SDK imports this module only for endpoints without TLS. Node would then load its WebSocket client, which is large.
const http = process.getBuiltinModule('node:http');
for (const name of ['WebSocket', 'CloseEvent', 'MessageEvent']) delete http[name];

const realNow = Date.now;
let ahead = 0;
Date.now = () => realNow() + ahead;

if (speed !== undefined) {
  const { syncBuiltinESMExports } = await import('node:module');
  const { default: promises } = await import('node:timers/promises');
  const { setTimeout, AbortSignal } = globalThis;
  globalThis.setTimeout = Object.assign(
    (handler, milliseconds = 0, ...given) => setTimeout(handler, milliseconds / speed, ...given),
    setTimeout,
  );
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (milliseconds) => timeout(milliseconds / speed);
  const idle = Socket.prototype.setTimeout;
  Socket.prototype.setTimeout = function (milliseconds, handler) {
    return idle.call(this, milliseconds / speed, handler);
  };
  const sleep = promises.setTimeout;
  promises.setTimeout = async (milliseconds = 0, value) => {
    ahead += milliseconds;
    return sleep(Math.min(milliseconds / speed, 100), value);
  };
  syncBuiltinESMExports();
}

const { handler } = await import(bundle);
parentPort?.postMessage({ id: 'started' });
parentPort?.on('message', async ({ id, event, advance = 0 }) => {
  ahead += advance;
  if (event === undefined) return;
  try {
    parentPort?.postMessage({ id, answer: await handler(JSON.parse(event), { awsRequestId: id }) });
  } catch (error) {
    parentPort?.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
