import type { Provider } from '../lambda/provider/provider.ts';
import type { RegisteredWebhook, WebhookDefinition, WebhookMethod } from '../lambda/provider/types.ts';
import { byKind, changesOf, contentOf, type Wish } from './webhook-content.ts';

/** Parts of a webhook that somebody names. */
export interface WebhookParts extends Partial<Wish> {
  method?: WebhookMethod;
}

/** Webhooks to create. Times are as MessageMedia has them: seconds between retries, milliseconds for an answer. */
export interface WebhookCreation extends WebhookParts {
  retries: number;
  retryDelay: number;
  readTimeout?: number;
}

/**
 * One webhook for each kind of event, because a built-in template serves one kind, or a single one if template or kind is
 * named.
 *
 * @throws {Error} when the parts do not fit together
 */
export function wishesOf(creation: WebhookCreation & Pick<Wish, 'url' | 'events'>): WebhookDefinition[] {
  const { url, template, kind, method = 'POST', encoding = 'JSON', retries, retryDelay, readTimeout } = creation;
  const groups = template === undefined && kind === undefined ? byKind(creation.events) : [creation.events];
  return groups.map((events) => ({
    ...contentOf({ url, method, encoding, events, template, kind }),
    method,
    encoding,
    events,
    retries,
    retry_delay: retryDelay,
    ...(readTimeout !== undefined && { read_timeout: readTimeout }),
  }));
}

/**
 * Changes the named parts of a webhook, and those that no longer fit them.
 *
 * @throws {Error} when there is no such webhook, or the parts do not fit together
 */
export async function changeWebhook(
  provider: Provider,
  webhookId: string,
  parts: WebhookParts,
): Promise<RegisteredWebhook> {
  const current = (await provider.listWebhooks()).find(({ id }) => id === webhookId);
  if (!current) throw new Error(`There is no webhook ${webhookId}: "mmw webhooks list" shows all webhooks.`);
  const { method, encoding, events } = parts;
  return provider.updateWebhook(webhookId, {
    ...(method !== undefined && { method }),
    ...(encoding !== undefined && { encoding }),
    ...(events !== undefined && { events }),
    ...changesOf(current, parts),
  });
}
