import { eventKinds } from '../../lambda/event/kinds.ts';
import { sampleWebhooks, withFreshIds } from '../../signing/sample-webhooks.ts';
import { deliver, type Webhook, type WireRequest } from '../../signing/sender.ts';
import { badSenders } from '../bad-senders.ts';
import { callbackPath, type Sandbox } from '../sandbox.ts';
import { type History, headerPairs } from './history.ts';

export class ActionError extends Error {}

type Action = (input: Record<string, unknown>) => Promise<void>;

const ofConnection = new Set(['content-length', 'transfer-encoding', 'connection', 'host']);

/** All actions of the page. Requests go only to the gateway of this sandbox. */
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
      if (request === undefined) throw new ActionError(`"${String(broken)}" does not change this webhook.`);
      await send(request);
    },
    '/replay': async ({ id }) => {
      const call = history.get(Number(id));
      if (call === undefined) throw new ActionError('This call is no longer kept.');
      const { method, target, request } = call;
      const pairs = headerPairs(request.rawHeaders).map(([name, value]) => [name.toLowerCase(), value] as const);
      const headers = Object.fromEntries(pairs.filter(([name]) => !ofConnection.has(name)));
      await send({ method, target, headers, body: request.body });
    },
    '/rotate': async () => rotateNow(sandbox),
    '/outage': async ({ dependency, fails }) => {
      if (dependency === 'queue') sandbox.queue.setFailing(fails === true);
      else if (dependency === 'secrets') {
        sandbox.secrets.setFailing(fails === true);
        // A running function would go on with the keys that it has.
        if (fails === true) await sandbox.restartFunction();
      } else throw new ActionError('The dependency is queue or secrets.');
    },
  };
}

/** Stores a new key before it is enabled. The previous key stays, to verify what it signed. */
export async function rotateNow({ api, keyring, storeKeyring }: Sandbox): Promise<void> {
  const key = await api.createSignatureKey('SHA256');
  const { keys } = JSON.parse(keyring()) as { keys?: Record<string, unknown>[] };
  const retired_at = new Date().toISOString();
  const before = (keys ?? [JSON.parse(keyring())]).map((entry) => ({ retired_at, ...entry }));
  storeKeyring(JSON.stringify({ keys: [...before, key] }));
  await api.enableSignatureKey(key.key_id);
}

/** The kinds that `mmw webhooks create` writes into the URL. */
const queries: Record<string, string> = {
  deliveryReport: eventKinds.deliveryReport.inUrl,
  optOut: eventKinds.optOut.inUrl,
};

/** A text that every break changes: with characters beyond ASCII but within Latin-1, and with a slash. */
function withTellingText(webhook: Webhook): Webhook {
  return { ...webhook, body: String(webhook.body).replace(/Danke[^"]*/, 'Danke schön, bis später! 1/2') };
}

function freshWebhook(kind: string): Webhook {
  const query = queries[kind] ?? (kind.endsWith('Reply') ? eventKinds.reply.inUrl : eventKinds.webhook.inUrl);
  const samples = sampleWebhooks(`${callbackPath}?kind=${query}`);
  const webhook = Object.entries(samples).find(([name]) => name === kind)?.[1];
  if (webhook === undefined) throw new ActionError(`There is no kind "${kind}".`);
  return withFreshIds(webhook);
}
