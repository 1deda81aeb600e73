import type { Provider } from '../lambda/provider/provider.ts';
import type { RegisteredWebhook, WebhookDefinition } from '../lambda/provider/types.ts';

/**
 * Creates webhooks, except those whose URL an existing webhook has already. So an interrupted call can be repeated.
 *
 * @param onThere called with each webhook that exists already, which is not changed
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
