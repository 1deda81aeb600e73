import type { Provider } from '../lambda/provider/provider.ts';
import type { RegisteredWebhook, WebhookDefinition } from '../lambda/provider/types.ts';

/**
 * Creates webhooks, but for those whose URL one has already: a call that was cut off can be made again.
 *
 * @param onThere told of each that is there, and left as it is
 * @returns all of them, in order
 */
export async function createMissing(
  provider: Provider,
  wishes: readonly WebhookDefinition[],
  onThere: (webhook: RegisteredWebhook) => void,
): Promise<RegisteredWebhook[]> {
  const there = await provider.listWebhooks();
  const made: RegisteredWebhook[] = [];
  for (const wish of wishes) {
    const before = there.find(({ url }) => url === wish.url);
    if (before) onThere(before);
    made.push(before ?? (await provider.createWebhook(wish)));
  }
  return made;
}
