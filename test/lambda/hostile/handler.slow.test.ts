import assert from 'node:assert/strict';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { requestLine } from '../../../lambda/signature.ts';
import { sampleWebhooks } from '../../../signing/sample-webhooks.ts';
import { toWire, type WireRequest } from '../../../signing/sender.ts';
import { keep } from '../../corpus.ts';
import { keyringOf, makeKey } from '../../support.ts';
import { anyText, attacksOf, type Mutation, mutate, mutation, nasty } from './attacks.ts';
import { hostileBody } from './bodies.ts';
import { type CalledHandler, startCalledHandler } from './called-handler.ts';
import { frontDoors, type Json, withText } from './front-doors.ts';
import { type StandIns, startStandIns } from './stand-ins.ts';

/** More by command: FUZZ_RUNS=1000000 npm run test:all -- test/lambda/hostile */
const numRuns = Number(process.env.FUZZ_RUNS ?? 2_000);

const key = makeKey();
const other = makeKey('SHA512');
const keyring = keyringOf(key, other);
const attacks = attacksOf([key, other]);

/** Requests that MessageMedia signed. */
const genuine = Object.values(sampleWebhooks('/messagemedia?kind=reply')).flatMap((webhook) => [
  toWire(webhook, key),
  toWire(webhook, other),
]);

/** What is signed, in three parts: none of their bytes may be in another. */
const framing = (line: string, date: string | undefined, body: Buffer) =>
  JSON.stringify([line, date, body.toString('base64')]);
const signed = new Set(genuine.map(({ headers, body, ...parts }) => framing(requestLine(parts), headers.date, body)));

let standIns: StandIns;
let handler: CalledHandler;
beforeAll(async () => {
  standIns = await startStandIns({ keyring });
  handler = await startCalledHandler(standIns, 'keyring', keyring);
});
afterAll(async () => {
  handler.close();
  console.log(`${numRuns} runs a property, at most ${handler.slowest().toFixed(1)} ms of CPU time`);
  await standIns.close();
});

/** As Lambda has it: an event is JSON. */
const inJson = (event: unknown): unknown => JSON.parse(JSON.stringify(event) ?? 'null');

/** Runs a property; the smallest event that breaks it goes into the corpus. */
async function hold<Input>(
  inputs: fc.Arbitrary<Input>,
  eventOf: (input: Input) => unknown,
  check: (event: unknown, input: Input) => Promise<void>,
): Promise<void> {
  const details = await fc.check(
    fc.asyncProperty(inputs, (input) => check(eventOf(input), input)),
    { numRuns },
  );
  if (!details.failed || details.counterexample === null) return;
  const about = String(details.errorInstance);
  const path = keep(about, JSON.parse(keyring), eventOf(details.counterexample[0]));
  throw new Error(
    `${fc.defaultReportMessage(details)}\nIt is kept in ${path}: mend the cause, and commit the file too`,
  );
}

interface Attacked {
  request: WireRequest;
  made: { name: string; value: unknown; at: number }[];
  frontDoor: (request: WireRequest) => Json;
  isText: boolean;
  mutations: Mutation[];
}

const attacked: fc.Arbitrary<Attacked> = fc.record({
  request: fc.constantFrom(...genuine),
  made: fc.array(fc.record({ name: fc.constantFrom(...Object.keys(attacks)), value: nasty, at: fc.nat(2_000) }), {
    maxLength: 2,
  }),
  frontDoor: fc.constantFrom(...Object.values(frontDoors)),
  isText: fc.boolean(),
  mutations: fc.array(mutation, { maxLength: 2 }),
});

function toEvent({ request, made, frontDoor, isText, mutations }: Attacked): unknown {
  const changed = made.reduce((before, { name, value, at }) => attacks[name]?.(before, value, at) ?? before, request);
  const event = frontDoor(changed);
  const copy = inJson(isText ? withText(event) : event) as Json;
  for (const each of mutations) mutate(copy, each);
  return inJson(copy);
}

test('whatever is done to a signed request: an answer, and on the queue only what was signed', async () => {
  const seen = new Map<number, number>();
  await hold(
    fc.oneof({ weight: 20, arbitrary: attacked.map(toEvent) }, { weight: 1, arbitrary: nasty.map(inJson) }),
    (event) => event,
    async (event) => {
      const { statusCode, queued } = await handler.call(event);
      seen.set(statusCode, (seen.get(statusCode) ?? 0) + 1);
      for (const { signed: parts } of queued) {
        assert(parts && signed.has(framing(requestLine(parts), parts.date, parts.body)), 'this was never signed');
      }
    },
  );
  // It says nothing if all are refused for the same reason, or none is.
  expect(seen.get(202) ?? 0).toBeGreaterThan(numRuns / 50);
  expect(seen.get(401) ?? 0).toBeGreaterThan(numRuns / 10);
  expect(seen.get(400) ?? 0).toBeGreaterThan(numRuns / 100);
}, 86_400_000);

const signedBody = fc.record({
  body: hostileBody,
  contentType: fc.oneof(
    fc.constantFrom('application/json', 'text/plain', 'application/x+json;a=b', 'image/png', 'a/json\u0085', ' '),
    anyText(40),
  ),
  frontDoor: fc.constantFrom(...Object.values(frontDoors)),
});

test('whatever is in a body that was signed: it is queued to the byte', async () => {
  await hold(
    signedBody,
    ({ body, contentType, frontDoor }) =>
      inJson(frontDoor(toWire({ method: 'POST', target: '/messagemedia', contentType, body }, key))),
    async (event, { body }) => {
      const { statusCode, queued } = await handler.call(event);
      assert.equal(statusCode, 202);
      assert(queued[0]?.signed?.body.equals(body), 'the queue has other bytes');
    },
  );
}, 86_400_000);
