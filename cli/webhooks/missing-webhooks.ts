import type { Provider } from '../../lambda/messagemedia/client.ts';
import { type RegisteredWebhook, type WebhookDefinition, webhookEvents } from '../../lambda/messagemedia/types.ts';

/**
 * Creates each webhook, unless there is one with its URL. So a call that was interrupted can be repeated.
 *
 * @param onThere called for each webhook that is there already, with the options of `mmw webhooks update` that would make
 *   it as wished. It is not changed
 * @returns all of them, in the order of the wishes
 */
export async function createMissing(
  provider: Provider,
  wishes: readonly WebhookDefinition[],
  onThere: (webhook: RegisteredWebhook, changes: string[]) => void,
): Promise<RegisteredWebhook[]> {
  const there = await provider.listWebhooks();
  const all: RegisteredWebhook[] = [];
  for (const wish of wishes) {
    const existing = there.find(({ url }) => url === wish.url);
    if (existing === undefined) all.push(await provider.createWebhook(wish));
    else {
      onThere(existing, changesFor(existing, wish));
      all.push(existing);
    }
  }
  return all;
}

/** The options that make a webhook as wished. Events that it has besides stay. */
function changesFor(webhook: RegisteredWebhook, wish: WebhookDefinition): string[] {
  const changes: string[] = [];
  if (webhook.method !== wish.method) changes.push(`--method ${wish.method}`);
  if (webhook.encoding !== undefined && webhook.encoding !== wish.encoding) changes.push(`--encoding ${wish.encoding}`);
  const events = webhookEvents.filter((event) => webhook.events.includes(event) || wish.events.includes(event));
  if (wish.events.some((event) => !webhook.events.includes(event))) changes.push(`--events ${events.join(',')}`);
  for (const [name, value] of Object.entries(wish.headers ?? {})) {
    if (webhook.headers[name] !== value) changes.push(`--header '${name}: …'`);
  }
  return changes;
}
