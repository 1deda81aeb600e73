import type { Provider } from '../lambda/provider/provider.ts';
import { type RegisteredWebhook, type WebhookDefinition, webhookEvents } from '../lambda/provider/types.ts';

/**
 * Creates webhooks, but for those whose URL one has already: a call that was cut off can be made again.
 *
 * @param onThere told of each that is there and left as it is, and of the options of `mmw webhooks update` that make it what
 *   was wished, if it is not
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

/** What a webhook lacks of a wish. One that is told of more events than that lacks nothing. */
function changesFor({ method, encoding, events }: RegisteredWebhook, wish: WebhookDefinition): string[] {
  const all = webhookEvents.filter((event) => events.includes(event) || wish.events.includes(event));
  return [
    ...(method === wish.method ? [] : [`--method ${wish.method}`]),
    ...(encoding === undefined || encoding === wish.encoding ? [] : [`--encoding ${wish.encoding}`]),
    ...(wish.events.every((event) => events.includes(event)) ? [] : [`--events ${all.join(',')}`]),
  ];
}
