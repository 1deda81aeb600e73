import type { Provider } from '../../lambda/messagemedia/client.ts';
import {
  type RegisteredWebhook,
  type WebhookDefinition,
  type WebhookMethod,
  webhookEvents,
} from '../../lambda/messagemedia/types.ts';
import { templateFor, templateKinds } from './templates.ts';
import { byKind, changesOf, contentOf, type Wish } from './webhook-content.ts';

export interface WebhookParts extends Partial<Wish> {
  method?: WebhookMethod;
  headers?: Record<string, string> | undefined;
}

/** Webhooks to create. */
export interface WebhookCreation extends WebhookParts {
  retries: number;
  /** In seconds. */
  retryDelay: number;
}

/**
 * One webhook for each kind of event, because a built-in template serves one kind, or a single one if template or kind is
 * named.
 *
 * @throws {Error} when the parts do not fit together
 */
export function wishesOf(creation: WebhookCreation & Pick<Wish, 'url' | 'events'>): WebhookDefinition[] {
  const { url, template, kind, method = 'POST', encoding = 'JSON', headers } = creation;
  const { retries, retryDelay } = creation;
  const groups = template === undefined && kind === undefined ? byKind(creation.events) : [creation.events];
  return groups.map((events) => ({
    ...contentOf({ url, method, encoding, events, template, kind }),
    method,
    encoding,
    events,
    ...(headers !== undefined && { headers }),
    retries,
    retry_delay: retryDelay,
  }));
}

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
  if (wish.template !== undefined && ![undefined, wish.template].includes(webhook.template)) {
    const kind = templateKinds.find((name) => templateFor(name) === wish.template);
    changes.push(`--template ${kind ?? '…'}`);
  }
  const events = webhookEvents.filter((event) => webhook.events.includes(event) || wish.events.includes(event));
  if (wish.events.some((event) => !webhook.events.includes(event))) changes.push(`--events ${events.join(',')}`);
  for (const [name, value] of Object.entries(wish.headers ?? {})) {
    if (webhook.headers[name] !== value) changes.push(`--header '${name}: …'`);
  }
  return changes;
}

/**
 * Changes the named parts of a webhook, and those that no longer fit them. It keeps its other headers.
 *
 * @param check gets the webhook as it would be, and throws when it should not be so
 * @throws {Error} when there is no such webhook, or the parts do not fit together
 */
export async function changeWebhook(
  provider: Provider,
  webhookId: string,
  parts: WebhookParts,
  check: (webhook: RegisteredWebhook) => void = () => {},
): Promise<RegisteredWebhook> {
  const current = (await provider.listWebhooks()).find(({ id }) => id === webhookId);
  if (!current) throw new Error(`There is no webhook ${webhookId}: "mmw webhooks list" shows all webhooks.`);
  const { method, encoding, events, headers } = parts;
  const changes = {
    ...(method !== undefined && { method }),
    ...(encoding !== undefined && { encoding }),
    ...(events !== undefined && { events }),
    ...(headers !== undefined && { headers: { ...current.headers, ...headers } }),
    ...changesOf(current, parts),
  };
  check({ ...current, ...changes, events: [...(events ?? current.events)] });
  return provider.updateWebhook(webhookId, changes);
}
