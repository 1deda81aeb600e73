import { createHash, createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { toWire } from '../signing/sender.ts';
import { httpApiEvent } from '../test/support.ts';
import { compareCpu, type Result } from './measure.ts';
import { answers, eventOf, forgedEventOf, receiverOf, smsReply, withoutKeyId, withQueue } from './receivers.ts';

/** What requests cost against a bare SendMessage, and against each other. */
export async function measureRequests(rounds: number): Promise<Result[]> {
  return withQueue(async ({ send, sendBare }) => {
    const receive = receiverOf(1, { send });
    const bare = ({ body }: { body: string }) => {
      const text = Buffer.from(body, 'base64').toString('utf8');
      return () => sendBare(text);
    };
    const accepted = answers(receive, eventOf(), 202);
    const large = eventOf({ ...smsReply, body: JSON.stringify({ reply_id: 'r-1', content: 'a'.repeat(900_000) }) });
    return [
      // After a thousand requests V8 has compiled what runs often. Short turns keep a pair close in time, and many of them
      // show a difference of a hundredth.
      ...(await compareCpu(
        { 'an accepted webhook': accepted, 'a bare SendMessage': bare(eventOf()) },
        { rounds: rounds * 4, times: 12, warmUp: 84 },
        [['an accepted webhook', 'a bare SendMessage', 1.25]],
      )),
      ...(await compareCpu(
        { 'an accepted webhook of 0.9 MB': answers(receive, large, 202), 'a bare SendMessage of it': bare(large) },
        { rounds, times: 12, warmUp: 4 },
        [['an accepted webhook of 0.9 MB', 'a bare SendMessage of it', 1.3]],
      )),
      ...(await compareCpu(
        {
          'an accepted webhook': accepted,
          'an unsigned request': answers(receive, httpApiEvent(toWire(smsReply, undefined)), 401),
          'a forged request': answers(receive, forgedEventOf(), 401),
        },
        { rounds, times: 40, warmUp: 2 },
        [
          ['an unsigned request', 'an accepted webhook', 0.04],
          ['a forged request', 'an accepted webhook', 0.15],
        ],
      )),
    ];
  });
}

/** How the cost of a request grows with the number of keys. */
export async function measureKeys(rounds: number): Promise<Result[]> {
  return withQueue(async ({ send }) => {
    const [one, hundred] = [receiverOf(1, { send }), receiverOf(100, { send })];
    const accepted = { 'an accepted webhook': answers(one, eventOf(), 202) };
    const all = { ...accepted, 'the same with 100 keys': answers(hundred, eventOf(), 202) };
    const forged = answers(hundred, withoutKeyId(forgedEventOf()), 401);
    const turns = { rounds, times: 40, warmUp: 4 };
    return [
      ...(await compareCpu(all, turns, [['the same with 100 keys', 'an accepted webhook', 1.05]])),
      ...(await compareCpu({ ...accepted, 'forged, no key id, 100 keys': forged }, turns, [
        ['forged, no key id, 100 keys', 'an accepted webhook', 1.5],
      ])),
    ];
  });
}

/**
 * How the cost grows with the body; and the largest body that Lambda takes, in the request for which most has to be tried: 10
 * keys, no key id, 8 targets. Sending costs nothing here, so that it hides no growth.
 */
export async function measureBodies(rounds: number): Promise<Result[]> {
  const receive = receiverOf(10);
  const replyOf = (size: number) => ({ ...smsReply, body: JSON.stringify({ content: 'a'.repeat(size) }) });
  const accept = answers(receive, eventOf(replyOf(50_000)), 202);
  const body = 'ü'.repeat(2_900_000);
  const bytes = Buffer.from(body);
  const hostile = (event: ReturnType<typeof eventOf>) => ({
    ...withoutKeyId(event),
    ...{ rawPath: '/stage/ü', rawQueryString: '', body, isBase64Encoded: false },
    requestContext: { ...event.requestContext, stage: 'stage' },
  });
  return compareCpu(
    {
      'its SHA-256': () => createHash('sha256').update(bytes).digest(),
      'forged, 5.8 MB, no key id, 10 keys, 8 targets': answers(receive, hostile(forgedEventOf()), 401),
      'the same with a signature of another webhook': answers(receive, hostile(eventOf()), 401),
      'an accepted body of 4 MB': answers(receive, eventOf(replyOf(4_000_000)), 202),
      '80 of 50 KB': async () => {
        for (let time = 0; time < 80; time++) await accept();
      },
    },
    { rounds, times: 2 },
    // At most 60 ms of CPU are wanted. Where a hash of the body takes 4 ms, as on a CPU with instructions for SHA-256, these
    // are 15 hashes. A body that nobody signed is not hashed at all. One with a signature of another webhook is hashed for
    // each target.
    [
      ['forged, 5.8 MB, no key id, 10 keys, 8 targets', 'its SHA-256', 0.5],
      ['the same with a signature of another webhook', 'its SHA-256', 15],
      ['an accepted body of 4 MB', '80 of 50 KB', 1.2],
    ],
  );
}

/** What a key that is kept saves an HMAC. When that is nothing, `lambda/sha256.ts` can go. */
export async function measureHmac(rounds: number): Promise<Result[]> {
  const bytes = randomBytes(32);
  const hmac = (key: Parameters<typeof createHmac>[1]) => () => createHmac('sha256', key).update('date').digest();
  return compareCpu(
    { 'an HMAC with a kept key': hmac(createSecretKey(bytes)), 'with its bytes': hmac(bytes) },
    { rounds, times: 2_000 },
    [['an HMAC with a kept key', 'with its bytes', null]],
  );
}
