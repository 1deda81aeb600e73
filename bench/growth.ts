import { answers, eventOf, forgedEventOf, receiverOf, replyOf, withQueue } from './receivers.ts';
import { type Result, result } from './results.ts';
import { compare, measure } from './rounds.ts';

/** A byte costs the same in any number, but for what the machine adds when its caches are full. */
const linear = 1.2;
/** A request costs the same with any number of keys. */
const flat = 1.05;
/** A forged request costs the same in any size, but for the hash of a small body: a few microseconds, of few. */
const nearlyFlat = 1.5;

const bodySizes = [
  { name: '0.5 KB', bytes: 500, times: 100 },
  { name: '5 KB', bytes: 5_000, times: 50 },
  { name: '50 KB', bytes: 50_000, times: 20 },
  { name: '500 KB', bytes: 500_000, times: 4 },
  { name: '4 MB', bytes: 4_000_000, times: 1 },
].map(({ name, bytes, times }) => ({ name, times, reply: replyOf(bytes) }));

/** How the cost of a request grows with the number of keys and with its body. */
export async function measureGrowth(rounds: number): Promise<Result[]> {
  // Sending costs nothing here, so that it hides no growth.
  const receive = receiverOf(1);
  const accepted = bodySizes.map(({ name, times, reply }) => ({
    ...{ name: `a byte of an accepted body of ${name}`, units: Buffer.byteLength(reply.body), times },
    run: answers(receive, eventOf(reply), 202),
  }));
  const forged = bodySizes.map(
    ({ name, reply }) => [`a forged body of ${name}`, answers(receive, forgedEventOf(reply), 401)] as const,
  );
  const ofForged = Object.entries(await measure(Object.fromEntries(forged), { rounds, times: 50 }));
  const [[smallest, ofSmallest] = ['', []], ...larger] = ofForged;
  return [
    ...(await measureKeys(rounds)),
    ...(await measurePerUnit(accepted, rounds)),
    ...larger.map(([name, each]) => result(name, smallest, nearlyFlat, compare(each, ofSmallest))),
  ];
}

/** Against a whole accepted webhook, which is sent over HTTP. */
async function measureKeys(rounds: number): Promise<Result[]> {
  const { one, ten, hundred } = await withQueue(({ send }) => {
    const accept = (count: number) => answers(receiverOf(count, { send }), eventOf(), 202);
    return measure({ one: accept(1), ten: accept(10), hundred: accept(100) }, { rounds, times: 40 });
  });
  return [
    result('10 keys', '1 key', flat, compare(ten, one)),
    result('100 keys', '1 key', flat, compare(hundred, one)),
  ];
}

interface Size {
  /** One unit of it, such as a byte. */
  name: string;
  /** How many of these a request has. */
  units: number;
  /** How often the request is sent in a turn. */
  times: number;
  run: () => Promise<void>;
}

/** What a unit costs, against what it costs in the next smaller size. */
async function measurePerUnit(sizes: Size[], rounds: number): Promise<Result[]> {
  const results: Result[] = [];
  const each = (costs: number[], { units, times }: Size) => costs.map((cost) => cost / times / units);
  const inTurn = (size: Size) => async () => {
    for (let time = 0; time < size.times; time++) await size.run();
  };
  for (const [index, large] of sizes.entries()) {
    const small = sizes[index - 1];
    if (small === undefined) continue;
    const samples = await measure({ small: inTurn(small), large: inTurn(large) }, { rounds, times: 1 });
    const ratio = compare(each(samples.large, large), each(samples.small, small));
    results.push(result(large.name, small.name, linear, ratio));
  }
  return results;
}
