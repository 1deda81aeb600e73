import { badSenders } from '../bad-senders.ts';
import { callbackPath, type Sandbox } from '../sandbox.ts';
import { deliver, type Webhook, type WireRequest } from '../sender.ts';
import { sampleWebhooks, withFreshIds } from '../webhooks.ts';
import { type History, headerPairs } from './history.ts';

/** What a button did not do, and why. */
export class ActionError extends Error {}

type Action = (input: Record<string, unknown>) => Promise<void>;

/** Everything that the page can have done. Requests go to the gateway of this sandbox, and nowhere else. */
export function createActions(sandbox: Sandbox, history: History): Record<string, Action> {
  const send = async (request: WireRequest) => {
    await deliver(sandbox.url, request, AbortSignal.timeout(30_000));
  };
  return {
    '/send': async ({ kind, broken }) => {
      if (broken === undefined) {
        await sandbox.provider.deliver(sandbox.url, freshWebhook(String(kind)));
        return;
      }
      const sender = badSenders.find(({ name }) => name === broken);
      const key = sandbox.provider.signingKey();
      if (key === undefined) throw new ActionError('No key is enabled: rotate first.');
      const request = sender?.write(withTellingText(freshWebhook(String(kind))), key);
      if (request === undefined) throw new ActionError(`"${String(broken)}" leaves this webhook as it is.`);
      await send(request);
    },
    '/replay': async ({ id }) => {
      const call = history.get(Number(id));
      if (call === undefined) throw new ActionError('This call is forgotten.');
      const { rawHeaders, body } = call.request;
      const pairs = headerPairs(rawHeaders).map(([name, value]) => [name.toLowerCase(), value]);
      const headers: Record<string, string> = Object.fromEntries(pairs);
      const { 'content-length': _length, connection: _connection, host: _host, ...kept } = headers;
      const { 'transfer-encoding': _encoding, ...sent } = kept;
      await send({ method: call.method, target: call.target, headers: sent, body });
    },
    '/rotate': async () => rotateNow(sandbox),
    '/outage': async ({ dependency, fails }) => {
      if (dependency === 'queue') sandbox.queue.setFailing(fails === true);
      else if (dependency === 'secrets') {
        sandbox.secrets.setFailing(fails === true);
        // One that runs goes on with the keys in hand.
        if (fails === true) await sandbox.restartFunction();
      } else throw new ActionError('The dependency is queue or secrets.');
    },
  };
}

/** A key is stored before it is enabled. The one before it stays, for what it signed. */
export async function rotateNow({ api, keyring, storeKeyring }: Sandbox): Promise<void> {
  const key = await api.createSignatureKey('SHA256');
  const { keys } = JSON.parse(keyring()) as { keys?: Record<string, unknown>[] };
  const retired_at = new Date().toISOString();
  const before = (keys ?? [JSON.parse(keyring())]).map((entry) => ({ retired_at, ...entry }));
  storeKeyring(JSON.stringify({ keys: [...before, key] }));
  await api.enableSignatureKey(key.key_id);
}

/** As `mmw webhooks create` writes them into the URL. */
const queries: Record<string, string> = {
  deliveryReport: 'delivery-report',
  smsReply: 'reply',
  mmsReply: 'reply',
  optOut: 'opt-out',
};

/** A text in which every break shows: beyond ASCII, but not beyond Latin-1, and with a slash. */
function withTellingText(webhook: Webhook): Webhook {
  return { ...webhook, body: String(webhook.body).replace(/Danke[^"]*/, 'Danke schön, bis später! 1/2') };
}

/** A webhook of a kind, with ids that none had before. */
function freshWebhook(kind: string): Webhook {
  const query = queries[kind] ?? 'webhook';
  const samples = sampleWebhooks(`${callbackPath}?kind=${query}`);
  const webhook = Object.entries(samples).find(([name]) => name === kind)?.[1];
  if (webhook === undefined) throw new ActionError(`There is no kind "${kind}".`);
  return withFreshIds(webhook);
}
