import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ProviderSimulatorOptions } from '../../../sandbox/messagemedia/server.ts';
import { api, type Catcher, type Caught, enableNewKey, isSignedWith, startCatcher, startSimulator } from './fixture.ts';

let catcher: Catcher;
beforeEach(async () => {
  catcher = await startCatcher();
});
afterEach(() => catcher.close());

/** Sends a message, lets its phone answer, and refuses the callback twice. @returns how long that took, in milliseconds */
const replyRefusedTwice = async (options: ProviderSimulatorOptions) => {
  const provider = await startSimulator(options);
  try {
    const key = await enableNewKey(provider);
    const messages = [{ content: 'Hi', destination_number: '+61412123123', callback_url: catcher.url }];
    const { body } = await api(provider, 'POST /v1/messages', { messages });
    catcher.answers.push(500, 503);
    const start = performance.now();
    provider.reply(body.messages[0].message_id, { content: 'Yes' });
    await provider.settled();
    return { key, milliseconds: performance.now() - start };
  } finally {
    await provider.close();
  }
};

test('a callback is tried after ever longer delays, signed anew', async () => {
  const backoff = { tries: 3, firstDelay: 4, factor: 5 };
  const { key, milliseconds } = await replyRefusedTwice({ secondMilliseconds: 10, callbackBackoff: backoff });
  expect(catcher.caught).toHaveLength(3);
  expect(milliseconds).toBeGreaterThan((4 + 4 * 5) * 10 - 5);
  for (const request of catcher.caught) expect(isSignedWith(key, request)).toBe(true);
});

test('a callback is tried no more often than that', async () => {
  await replyRefusedTwice({ callbackBackoff: { tries: 2 } });
  expect(catcher.caught).toHaveLength(2);
});

test('a retried callback may repeat the same bytes', async () => {
  await replyRefusedTwice({ resendSameBytes: true, secondMilliseconds: 1100, callbackBackoff: { tries: 2 } });
  const [first, second] = catcher.caught as [Caught, Caught];
  expect(second).toEqual(first);
});
