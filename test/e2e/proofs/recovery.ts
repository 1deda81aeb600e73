import assert from 'node:assert/strict';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { createProvider } from '../../../lambda/messagemedia/client.ts';
import { outputs } from '../../../lambda/stack-outputs.ts';
import type { ProviderSimulator } from '../../../sandbox/messagemedia/server.ts';
import { archiveSettings, untilKeysArchived } from '../archive.ts';
import { closeQueue } from '../closed-queue.ts';
import type { Proof, Run } from '../proof.ts';
import { startProviderOf } from '../provider.ts';
import { rotate } from '../rotate.ts';
import { putKeys, readKeys } from '../secret.ts';
import { until } from '../waiting.ts';
import { keyringInterval, receiveAll } from '../webhooks.ts';

/** MessageMedia's clock is an hour behind here, so that reconciliation does not wait for webhooks any more. */
const anHourAgo = () => new Date(Date.now() - 3_600_000);

/** Runs something with a MessageMedia that signs with an enabled key, and whose webhooks reach the stack. */
async function withProvider(run: Run, use: (provider: ProviderSimulator) => Promise<string>): Promise<string> {
  const callbackDelays = Array<number>(29).fill(0.5);
  const provider = await startProviderOf(run, { now: anHourAgo, resendSameBytes: true, callbackDelays });
  try {
    await rotate(run, provider);
    await keyringInterval();
    const seen = await use(provider);
    await untilKeysArchived(run);
    return seen;
  } finally {
    await provider.close();
    // The following proofs expect this.
    await putKeys(run, run.firstKey, run.secondKey);
    await keyringInterval();
  }
}

async function sendMessage({ stack }: Run, provider: ProviderSimulator): Promise<string> {
  const api = createProvider({ baseUrl: provider.url, apiKey: provider.apiKey, apiSecret: provider.apiSecret });
  const message = {
    content: 'Hello!',
    destination_number: '+61491570156',
    callback_url: stack.outputs[outputs.callbackUrl],
    delivery_report: true,
  };
  const [sent] = await api.sendMessages([message]);
  assert.ok(sent, 'no message was sent');
  return sent.message_id;
}

const countOf = async ({ stack }: Run, message: string): Promise<number> =>
  (await stack.log()).filter((line) => line.includes(`"message":"${message}"`)).length;

export const recovery: Proof[] = [
  {
    claim: 'callback that an outage of an hour refused',
    prove: (run) =>
      withProvider(run, async (provider) => {
        const open = await closeQueue(run);
        await sendMessage(run, provider);
        await until('a callback is refused', () => provider.deliveries.some(({ status }) => status === 503));
        await rotate(run, provider);
        await open();
        await provider.settled();

        const [refused] = provider.deliveries;
        const taken = provider.deliveries.find(({ status, request }) => status === 202 && request === refused?.request);
        assert.equal(refused?.status, 503, 'the outage refused nothing');
        assert.ok(taken, 'no retry with the first signature was taken');
        assert.ok(
          provider.signatureKeys().every(({ key_id }) => key_id !== taken.keyId),
          'the key was not rotated',
        );
        const events = await receiveAll(run, (await readKeys(run)).keyring);
        assert.ok(events.every(({ reverified }) => reverified));
        const reports = provider.deliveries.filter(({ status }) => status === 202).map(({ eventId }) => eventId);
        assert.deepEqual(events.map(({ event }) => event.id).sort(), reports.sort());
        return `503 at first, accepted at try ${taken.attempt} with the signature of a key that was replaced meanwhile`;
      }),
  },
  {
    claim: 'webhooks that never arrive, with reconcileMinutes=5',
    prove: (run) =>
      withProvider(run, async (provider) => {
        const lost = ['DELIVERED_DR', 'RECEIVED_SMS'] as const;
        for (const kind of lost) provider.dropNext(kind);
        const messageId = await sendMessage(run, provider);
        await provider.settled();
        const replyId = provider.reply(messageId, { content: 'Yes' });
        await provider.settled();
        const arrived = provider.deliveries.map(({ eventId }) => eventId);
        // Only now, so that no webhook is on its way while the schedule asks for what is missing.
        await run.deploy({ ...archiveSettings, reconcileMinutes: '5', messagemediaBaseUrl: provider.url });
        const credentials = { api_key: provider.apiKey, api_secret: provider.apiSecret };
        const SecretId = run.stack.outputs[outputs.apiCredentialsSecretArn];
        await run.clients.secrets.send(
          new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(credentials) }),
        );
        await until('both are brought back', async () => (await countOf(run, 'recovered')) >= lost.length);
        const runs = await countOf(run, 'reconciled');
        await until('reconciliation runs again', async () => (await countOf(run, 'reconciled')) > runs + 1);

        const { keyring } = await readKeys(run);
        const events = await receiveAll(run, keyring);
        const brought = events.filter(({ event }) => !arrived.includes(event.id));
        assert.equal(events.length, arrived.length + lost.length, 'something came twice, or not at all');
        assert.ok(brought.every(({ signed, reverified }) => signed === undefined && !reverified));
        assert.ok(brought.some(({ event }) => event.id === replyId));
        assert.equal(await countOf(run, 'recovered'), lost.length);
        return `a delivery report and a reply, each recovered once by the schedule; ${arrived.length} that had arrived were not queued again`;
      }),
  },
];
