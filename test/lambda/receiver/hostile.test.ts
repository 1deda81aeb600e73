import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readQueuedEvent } from '../../../lambda/event/queued-event.ts';
import { reverify } from '../../../lambda/event/reverify.ts';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { createKeyring } from '../../../lambda/keys/keyring-cache.ts';
import { createReceiver, type Outcome } from '../../../lambda/receiver/receiver.ts';
import { toWire } from '../../../sandbox/sender.ts';
import { sampleWebhooks } from '../../../sandbox/webhooks.ts';
import { httpApiEvent, keyringOf, makeKey } from '../../support.ts';

/** For more runs: FUZZ_RUNS=1000000 npm test -- test/lambda/receiver/hostile */
const numRuns = Number(process.env.FUZZ_RUNS ?? 10_000);

const key = makeKey();
const other = makeKey('SHA512');
const secret = keyringOf(key, other);
const { keys } = parseKeyring(secret);
const now = Date.UTC(2026, 10, 24, 9);
const requests = Object.values(sampleWebhooks('/messagemedia?kind=reply')).map((webhook) =>
  toWire(webhook, key, new Date(now)),
);

type Json = Record<string, unknown>;

/** The event that a REST API makes from the same request. */
function restEvent(event: ReturnType<typeof httpApiEvent>): Json {
  const { rawPath, rawQueryString, headers, body, isBase64Encoded, requestContext } = event;
  const query: [string, string][] = [...new URLSearchParams(rawQueryString)];
  const multiValueHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  const multiValueQueryStringParameters: Record<string, string[]> = {};
  for (const [name, value] of query)
    multiValueQueryStringParameters[name] = [...(multiValueQueryStringParameters[name] ?? []), value];
  return {
    ...{ path: rawPath, httpMethod: requestContext.http.method, headers, multiValueHeaders, body, isBase64Encoded },
    multiValueQueryStringParameters: query.length > 0 ? multiValueQueryStringParameters : null,
    requestContext: { path: rawPath, stage: 'prod', requestId: 'r' },
  };
}

const events = requests.flatMap((request): Json[] => {
  const event = httpApiEvent(request, 'r');
  return [event, restEvent(event)];
});

/** Values that often break parsers, and arbitrary values. */
const nasty = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      '',
      ' ',
      '\0',
      '\r\n',
      '\ud800',
      '__proto__',
      'a'.repeat(10_000),
      '[['.repeat(2_000),
      '%',
      '%zz',
      '/../',
      '?',
      '#',
    ],
    ...[
      'SHA-512',
      'MD5',
      'none',
      'RSA',
      'HMAC',
      key.id,
      other.id,
      key.id.toUpperCase(),
      'Tue, 24 Nov 2026 09:00:00 GMT',
    ],
    ...[null, true, 0, -1, 1e308, {}, [], [[]], { constructor: 1 }],
  ),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** A change of an event, and its place: a value is set or removed, or a text is cut and joined. */
const mutation = fc.record({
  path: fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }),
  how: fc.constantFrom('set', 'remove', 'splice', 'swap'),
  value: nasty,
  at: fc.nat(2_000),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer Value> ? Value : never;

const textOf = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

function mutate(event: Json, { path, how, value, at }: Mutation): void {
  let target: Json = event;
  for (const [depth, step] of path.entries()) {
    const names = Object.keys(target);
    const name = names[step % Math.max(1, names.length)];
    if (name === undefined) return;
    const inner = target[name];
    if (depth < path.length - 1 && typeof inner === 'object' && inner !== null) {
      target = inner as Json;
      continue;
    }
    if (how === 'remove') delete target[name];
    else if (how === 'splice' && typeof inner === 'string')
      target[name] =
        inner.slice(0, at % (inner.length + 1)) + textOf(value) + inner.slice((at + 1) % (inner.length + 1));
    else if (how === 'swap') target[name] = target[names[at % names.length] ?? name];
    else target[name] = value;
    return;
  }
}

let queued: string[];
let outcomes: Outcome[];
let receive: ReturnType<typeof createReceiver>;
beforeAll(() => {
  receive = createReceiver({
    keyring: createKeyring({ load: async () => secret, now: () => now, warn: () => {} }),
    send: async ({ body }) => {
      queued.push(body);
    },
    now: () => now,
    toleranceSeconds: 900,
    report: (outcome) => outcomes.push(outcome),
  });
});

const genuine = new Set(requests.map(({ body }) => body.toString('base64')));

test('whatever is done to a signed request: an answer, no crash, and on the queue only what was signed', async () => {
  const seen = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        { weight: 20, arbitrary: fc.tuple(fc.nat(events.length - 1), fc.array(mutation, { maxLength: 3 })) },
        { weight: 1, arbitrary: fc.tuple(fc.constant(-1), fc.tuple(mutation)) },
      ),
      async ([index, mutations]) => {
        queued = [];
        outcomes = [];
        const event: unknown = index < 0 ? mutations[0]?.value : structuredClone(events[index]);
        if (index >= 0) for (const each of mutations) mutate(event as Json, each);
        const { statusCode } = await receive(event, 'i');
        seen.set(statusCode, (seen.get(statusCode) ?? 0) + 1);
        expect([202, 400, 401, 413]).toContain(statusCode);
        expect(outcomes).toHaveLength(1);
        expect(queued).toHaveLength(statusCode === 202 ? 1 : 0);
        for (const message of queued) {
          const read = readQueuedEvent(message);
          expect(reverify(read, keys)).toBe('good');
          expect(genuine).toContain(Buffer.from(read.signed?.body ?? []).toString('base64'));
        }
      },
    ),
    { numRuns },
  );
  // The test proves nothing if all requests are refused for the same reason, or none is.
  expect(seen.get(202) ?? 0).toBeGreaterThan(numRuns / 50);
  expect(seen.get(401) ?? 0).toBeGreaterThan(numRuns / 10);
  expect(seen.get(400) ?? 0).toBeGreaterThan(numRuns / 100);
}, 3_600_000);
