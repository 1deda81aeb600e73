import assert from 'node:assert/strict';
import { openQueuedEvent, type ReadEvent } from '../../../lambda/event/queued-event.ts';
import { reverify } from '../../../lambda/event/reverify.ts';
import { parseKeyring, type VerificationKey } from '../../../lambda/keys/keyring.ts';
import type { Answer } from '../../../lambda/receiver/receiver.ts';
import type { WireRequest } from '../../../signing/sender.ts';
import { leastCpu, measureCpu, mostCpu } from '../../cpu.ts';
import { frontDoors } from './front-doors.ts';
import type { StandIns } from './stand-ins.ts';

/** What an event led to. */
export interface Called {
  statusCode: number;
  /** What is on the queue for it. */
  queued: ReadEvent[];
}

/** The exported handler with a keyring, as a cold start makes it. */
export interface CalledHandler {
  /** Calls it, and checks what holds for every event. @throws {Error} for what does not */
  call: (event: unknown) => Promise<Called>;
  /** What cost most so far, in milliseconds of CPU time. */
  slowest: () => number;
  /** Gives standard output and environment back. */
  close: () => void;
}

/**
 * Starts the handler. It writes its log into the test, so there is one at a time.
 *
 * @param secretId name of the secret with this keyring; each has a handler of its own
 * @param environment its environment variables
 */
export async function startCalledHandler(
  standIns: StandIns,
  secretId: string,
  keyring: string,
  environment: Record<string, string> = {},
): Promise<CalledHandler> {
  const keys = keysOf(keyring);
  let lines: string[] = [];
  let slowest = 0;
  const { write } = process.stdout;
  const before = { ...process.env };
  process.stdout.write = (text: string | Uint8Array) => lines.push(String(text)) > 0;
  Object.assign(process.env, standIns.environment, { KEYRING_SECRET_ID: secretId, ...environment });
  // Another address is another module: nothing of an earlier one is left.
  const address = `../../../lambda/handler.ts?${encodeURIComponent(secretId)}`;
  const { handler }: { handler: (event: unknown) => Promise<Answer> } = await import(address);

  // A forged event waits for the keyring: from then on nothing is a cold start's.
  await handler(frontDoors.httpApi(forged()));

  const fetchData = async (dataref: string) => {
    const response = await fetch(`${standIns.environment.AWS_ENDPOINT_URL_S3}/${dataref.slice('s3://'.length)}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  return {
    call: async (event) => {
      lines = [];
      const { result, cpu } = await measureCpu(() => handler(event));
      const { statusCode, body } = result;
      const queued = await Promise.all(standIns.takeSent().map((message) => openQueuedEvent(message, fetchData)));
      assert([202, 400, 401, 413].includes(statusCode), `it answers ${statusCode} ${body}: ${lines}`);
      assert.equal(
        queued.length > 0,
        statusCode === 202,
        `${queued.length} messages are queued, it answers ${statusCode}`,
      );
      assert.deepEqual(Object.keys(JSON.parse(body)), [statusCode === 202 ? 'id' : 'error']);
      // Nobody learns from it which check failed.
      if (statusCode === 401) assert.equal(body, '{"error":"unauthorized"}');
      // A line is a line, whatever was in the event.
      for (const line of lines) JSON.parse(line);
      for (const read of queued) assert.equal(reverify(read, keys), 'good');
      // What costs most so far is measured again, so that it is the event and not the machine.
      slowest = Math.max(
        slowest,
        await leastCpu(cpu, slowest, async () => (await measureCpu(() => handler(event))).cpu),
      );
      standIns.takeSent();
      assert(slowest < mostCpu, `it takes ${slowest} ms of CPU time`);
      return { statusCode, queued };
    },
    slowest: () => slowest,
    close: () => {
      process.stdout.write = write;
      process.env = before;
    },
  };
}

/** Well-formed, and signed by nobody. */
function forged(): WireRequest {
  const headers = { date: new Date().toUTCString(), 'x-messagemedia-signature': 'AAAA' };
  return { method: 'POST', target: '/', headers, body: Buffer.alloc(0) };
}

/** A keyring that cannot be read has none. */
function keysOf(keyring: string): readonly VerificationKey[] {
  try {
    return parseKeyring(keyring).keys;
  } catch {
    return [];
  }
}
