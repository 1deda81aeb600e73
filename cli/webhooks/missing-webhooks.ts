import type { Provider } from '../../lambda/messagemedia/client.ts';
import { type RegisteredWebhook, type WebhookDefinition, webhookEvents } from '../../lambda/messagemedia/types.ts';

/**
 * Creates webhooks, except those whose URL an existing webhook has already. So an interrupted call can be repeated.
 *
 * @param onThere called with each webhook that exists already, which is not changed, and with the options of `mmw webhooks
 *   update` that it needs to be as wished
 * @returns all of them, in order
 */
export async function createMissing(
  provider: Provider,
  wishes: readonly WebhookDefinition[],
  onThere: (webhook: RegisteredWebhook, changes: string[]) => void,
): Promise<RegisteredWebhook[]> {
  const there = await provider.listWebhooks();
  const made: RegisteredWebhook[] = [];
  for (const wish of wishes) {
    const before = there.find(({ url }) => url === wish.url);
    if (before) onThere(before, changesFor(before, wish));
    made.push(before ?? (await provider.createWebhook(wish)));
  }
  return made;
}

/** Options that make a webhook as wished. It may have more events than that. */
function changesFor({ method, encoding, events, headers }: RegisteredWebhook, wish: WebhookDefinition): string[] {
  const all = webhookEvents.filter((event) => events.includes(event) || wish.events.includes(event));
  return [
    ...(method === wish.method ? [] : [`--method ${wish.method}`]),
    ...(encoding === undefined || encoding === wish.encoding ? [] : [`--encoding ${wish.encoding}`]),
    ...(wish.events.every((event) => events.includes(event)) ? [] : [`--events ${all.join(',')}`]),
    ...Object.entries(wish.headers ?? {})
      .filter(([name, value]) => headers[name] !== value)
      .map(([name]) => `--header '${name}: …'`),
  ];
}
