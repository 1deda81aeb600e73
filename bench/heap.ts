import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers, eventOf, forgedEventOf, receiverOf, replyOf } from './receivers.ts';
import { type Result, result } from './results.ts';
import { compare, median } from './rounds.ts';

/** Requests that are kept may not be more than noise: 9,000 that each leave a hundred bytes are above it. */
const steady = 1.02;

/**
 * The memory that is held after 10,000 requests, against that after 1,000, with the megabytes in between. Half of the
 * requests are accepted; the others are forged, and each differs from all others in everything that could be remembered.
 */
export async function measureHeap(rounds: number): Promise<{ result: Result; megabytes: number }> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('The heap cannot be measured without --expose-gc: use npm run bench');
  const held = async () => {
    gc();
    // What Node's own code holds for an object is freed in later turns of the event loop.
    await sleep(50);
    gc();
    const { heapUsed, external } = process.memoryUsage();
    return (heapUsed + external) / 1e6;
  };
  const receive = receiverOf(10);
  const accept = Array.from({ length: 50 }, (_, index) => answers(receive, eventOf(replyOf(100 * index)), 202));
  const send = async (requests: number) => {
    for (let request = 0; request < requests; request += 2) {
      await accept[(request / 2) % accept.length]?.();
      await answers(receive, unlikeAnyOther(), 401)();
    }
  };
  const early: number[] = [];
  const late: number[] = [];
  // Compiles the code, which is memory too.
  await send(2_000);
  for (let round = 0; round < rounds; round++) {
    await send(1_000);
    early.push(await held());
    await send(9_000);
    late.push(await held());
  }
  return {
    result: result('the heap after 10,000 requests', 'the heap after 1,000', steady, compare(late, early)),
    megabytes: median(late.map((megabytes, round) => megabytes - (early[round] ?? Number.NaN))),
  };
}

const forged = forgedEventOf();

function unlikeAnyOther() {
  const id = randomUUID();
  const headers = {
    ...forged.headers,
    'content-type': `application/json; id=${id}`,
    'x-messagemedia-key-id': id,
    'x-messagemedia-signature': randomBytes(256).toString('base64'),
  };
  return { ...forged, headers, rawPath: `/${id}`, rawQueryString: id, body: Buffer.from(id).toString('base64') };
}
