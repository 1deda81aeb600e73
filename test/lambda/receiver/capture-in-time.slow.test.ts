import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { createKeyring } from '../../../lambda/keys/keyring-cache.ts';
import { createCapture } from '../../../lambda/receiver/capture.ts';
import { createCaptureStore } from '../../../lambda/receiver/capture-store.ts';
import { clientSettings } from '../../../lambda/receiver/client-settings.ts';
import { createReceiver, type Outcome } from '../../../lambda/receiver/receiver.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalServer, listen } from '../../../sandbox/http.ts';
import { toWire } from '../../../signing/sender.ts';
import { httpApiEvent, keyringOf, makeKey } from '../../support.ts';

let s3: LocalServer;
afterEach(() => s3.close());

const taken = '<Error><Code>PreconditionFailed</Code><Message>as the test wants it</Message></Error>';

test.each<[string, (response: ServerResponse) => unknown]>([
  ['does not answer', () => {}],
  [
    'says of every name, slowly, that it is taken',
    (response) => sleep(150).then(() => response.writeHead(412).end(taken)),
  ],
  [
    'does not finish its answer',
    async (response) => {
      response.writeHead(412, { 'content-length': taken.length });
      for (const character of taken) {
        if (response.destroyed) return;
        response.write(character);
        await sleep(50);
      }
    },
  ],
  ['fails each time', (response) => response.writeHead(500).end()],
  ['breaks every connection', (response) => response.destroy()],
])('a refused request is answered in time, and nothing goes on, if S3 %s', async (_what, answer) => {
  let calls = 0;
  s3 = await listen(0, (request, response) => {
    calls++;
    request.resume().on('end', () => answer(response));
  });
  const capture = { id: 'c', count: 100, until: new Date(Date.now() + 60_000).toISOString() };
  const secret = JSON.stringify({ ...JSON.parse(keyringOf(makeKey())), capture });
  const keyring = createKeyring({ load: async () => secret, now: Date.now, warn: () => {} });
  const warnings: string[] = [];
  const config = { ...clientSettings(), endpoint: s3.url, region: 'eu-west-1', credentials: localCredentials };
  const put = createCaptureStore('captures', { ...config, forcePathStyle: true });
  const outcomes: Outcome[] = [];
  const receive = createReceiver({
    keyring,
    send: async () => {},
    capture: createCapture({ keyring, put, deadline: 60_000, warn: (message) => warnings.push(message) }),
    now: Date.now,
    toleranceSeconds: 900,
    answerWithin: 700,
    report: (outcome) => outcomes.push(outcome),
  });
  const begun = performance.now();
  const event = httpApiEvent(toWire({ method: 'POST', target: '/messagemedia', body: '{}' }, makeKey()));
  expect(await receive(event, 'invocation')).toMatchObject({ statusCode: 401 });
  // A pause between two tries, of at most a second, is not cut short.
  expect(performance.now() - begun).toBeLessThan(2_500);
  expect(outcomes).toMatchObject([{ outcome: 'refused', reason: 'unknown_key' }]);
  expect(warnings).toEqual(['cannot capture a refused request']);
  expect(calls).toBeGreaterThan(0);
  // What was under way when the time was over may still arrive.
  await sleep(300);
  const asked = calls;
  await sleep(500);
  expect(calls).toBe(asked);
});
