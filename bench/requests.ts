import { toWire } from '../signing/sender.ts';
import { httpApiEvent } from '../test/support.ts';
import { answers, eventOf, forgedEventOf, type HttpApiEvent, receiverOf, smsReply, withQueue } from './receivers.ts';
import { type Result, result } from './results.ts';
import { compare, measure } from './rounds.ts';

const large = { ...smsReply, body: JSON.stringify({ reply_id: 'r-1', content: 'a'.repeat(900_000) }) };

/** What requests cost against a bare SendMessage, and against each other. */
export async function measureRequests(rounds: number): Promise<Result[]> {
  return withQueue(async ({ send, sendBare }) => {
    const receive = receiverOf(1, { send });
    const bare = (event: HttpApiEvent) => {
      const text = Buffer.from(event.body, 'base64').toString('utf8');
      return () => sendBare(text);
    };
    const accepted = answers(receive, eventOf(), 202);
    // After a thousand requests V8 has compiled what runs often. Short turns keep a pair close in time, and many of them
    // show a difference of a hundredth.
    const sends = await measure({ accepted, bare: bare(eventOf()) }, { rounds: rounds * 4, times: 12, warmUp: 84 });
    const small = await measure(
      {
        accepted,
        unsigned: answers(receive, httpApiEvent(toWire(smsReply, undefined)), 401),
        forged: answers(receive, forgedEventOf(), 401),
      },
      { rounds, times: 40, warmUp: 2 },
    );
    const ofMegabyte = await measure(
      { accepted: answers(receive, eventOf(large), 202), bare: bare(eventOf(large)) },
      { rounds, times: 12, warmUp: 4 },
    );
    return [
      result('an accepted webhook', 'a bare SendMessage', 1.25, compare(sends.accepted, sends.bare)),
      result(
        ...(['an accepted webhook of 0.9 MB', 'a bare SendMessage of it', 1.3] as const),
        compare(ofMegabyte.accepted, ofMegabyte.bare),
      ),
      result('an unsigned request', 'an accepted webhook', 0.04, compare(small.unsigned, small.accepted)),
      result('a forged request', 'an accepted webhook', 0.15, compare(small.forged, small.accepted)),
    ];
  });
}
