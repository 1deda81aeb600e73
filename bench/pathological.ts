import { createHash } from 'node:crypto';
import { answers, eventOf, forgedEventOf, type HttpApiEvent, receiverOf, without, withQueue } from './receivers.ts';
import { type Result, result } from './results.ts';
import { compare, measure } from './rounds.ts';

/** Requests that somebody makes to be expensive, against ordinary ones. */
export async function measurePathological(rounds: number): Promise<Result[]> {
  return [...(await measureSmall(rounds)), ...(await measureLarge(rounds))];
}

/** Requests that are small, or large only in their head. */
async function measureSmall(rounds: number): Promise<Result[]> {
  const costs = await withQueue(({ send }) => {
    const [one, hundred] = [receiverOf(1, { send }), receiverOf(100, { send })];
    return measure(
      {
        accepted: answers(one, eventOf(), 202),
        forged: answers(one, forgedEventOf(), 401),
        noKeyId: answers(hundred, without('x-messagemedia-key-id', forgedEventOf()), 401),
        targets: answers(one, restApiEvent(forgedEventOf()), 401),
        borrowed: answers(one, restApiEvent(eventOf()), 401),
      },
      { rounds, times: 20 },
    );
  });
  const accepted = 'an accepted webhook';
  return [
    result('forged, no key id, 100 keys', accepted, 1.5, compare(costs.noKeyId, costs.accepted)),
    result('forged, REST API, 6 targets', 'a forged request', 2, compare(costs.targets, costs.forged)),
    result('signature of another webhook, REST API, 6 targets', accepted, 1, compare(costs.borrowed, costs.accepted)),
  ];
}

/** The largest body that Lambda takes, in the request for which most has to be tried: 10 keys, no key id, 8 targets. */
async function measureLarge(rounds: number): Promise<Result[]> {
  const receive = receiverOf(10);
  const body = 'ü'.repeat(2_900_000);
  const bytes = Buffer.from(body);
  const hostile = (event: HttpApiEvent) => ({
    ...without('x-messagemedia-key-id', event),
    ...{ rawPath: '/stage/ü', rawQueryString: '', body, isBase64Encoded: false },
    requestContext: { ...event.requestContext, stage: 'stage' },
  });
  const costs = await measure(
    {
      hash: () => createHash('sha256').update(bytes).digest(),
      forged: answers(receive, hostile(forgedEventOf()), 401),
      borrowed: answers(receive, hostile(eventOf()), 401),
    },
    { rounds, times: 2 },
  );
  const once = 'its SHA-256';
  // At most 60 ms of CPU are wanted. Where a hash of the body takes 4 ms, as on a CPU with instructions for SHA-256, these are
  // 15 hashes. A body that nobody signed is not hashed at all. One with a signature of another webhook is hashed for each target.
  return [
    result('forged, 5.8 MB, no key id, 10 keys, 8 targets', once, 0.5, compare(costs.forged, costs.hash)),
    result('the same with a signature of another webhook', once, 15, compare(costs.borrowed, costs.hash)),
  ];
}

/** The event that a REST API makes of a request whose target could have been written in six ways. */
function restApiEvent({ requestContext, headers, body }: HttpApiEvent) {
  return {
    ...{ httpMethod: requestContext.http.method, path: '/messagemedia', headers, body, isBase64Encoded: true },
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    multiValueQueryStringParameters: { text: ["it's *"] },
    requestContext: { path: '/stage/messagemedia', requestId: requestContext.requestId },
  };
}
