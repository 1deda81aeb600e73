import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { eventTypes } from '../../../lambda/contract.ts';
import type { Proof } from '../proof.ts';
import { startProviderOf } from '../provider.ts';
import { putKeys, readKeys } from '../secret.ts';
import { keyringInterval, receiveAll } from '../webhooks.ts';

/** The commands of the README that talk to MessageMedia, in order. */
const page = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
export const commands = [...page.matchAll(/^ *(npx mmw (?:keys|send|webhooks) .*)$/gm)].map(
  ([, command = '']) => command,
);

export const readme: Proof = {
  claim: 'README: keys create --enable, send, webhooks create --events all',
  prove: async (run) => {
    assert.deepEqual(
      commands.map((command) => command.split(' ')[2]),
      ['keys', 'send', 'webhooks'],
      'the README has other commands',
    );
    const provider = await startProviderOf(run);
    const environment = {
      MESSAGEMEDIA_API_KEY: provider.apiKey,
      MESSAGEMEDIA_API_SECRET: provider.apiSecret,
      MESSAGEMEDIA_BASE_URL: provider.url,
    };
    try {
      const [create = '', send = '', register = ''] = commands;
      await run.shell(create, environment);
      await keyringInterval();
      const { message_id } = JSON.parse(await run.shell(`${send} --json`, environment));
      await run.shell(register, environment);
      await provider.settled();
      provider.reply(message_id, { content: 'Yes' });
      provider.optOut(message_id);
      await provider.settled();

      const refused = provider.deliveries.filter(({ status }) => status !== 202);
      assert.deepEqual(refused, [], 'not every webhook was accepted');
      const events = await receiveAll(run, (await readKeys(run)).keyring);
      assert.ok(events.every(({ reverified }) => reverified));
      const types = new Set(events.map(({ event }) => event.type));
      const { deliveryReport, reply, optOut } = eventTypes;
      assert.deepEqual(types, new Set([deliveryReport, reply, optOut]));
      return `delivery reports, a reply and an opt-out of that message are queued: ${provider.deliveries.length} webhooks, ${events.length} events`;
    } finally {
      await provider.close();
      // The following proofs expect this.
      await putKeys(run, run.firstKey, run.secondKey);
      await keyringInterval();
    }
  },
};
