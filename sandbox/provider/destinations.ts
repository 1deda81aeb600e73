import type { WebhookEncoding } from '../../lambda/provider/types.ts';
import type { Webhook } from '../sender.ts';
import type { ProviderEvent } from './events.ts';
import { renderTemplate } from './templates.ts';
import type { StoredWebhook } from './webhooks.ts';

/** Where an event goes, in which form, and how hard it is tried. */
export interface Destination {
  origin: string;
  /** The request before it is signed. @param attempt 1 for the first */
  compose: (attempt: number) => Webhook;
  headers: Record<string, string>;
  /** Tries after a failed first one. */
  retries: number;
  /** Seconds between two tries. */
  retryDelay: number;
  /** Milliseconds to wait for an answer. */
  readTimeout: number;
}

const defaultReadTimeout = 20_000;

/** What a webhook without a delay of its own waits, in seconds: the least that one may ask for. */
const defaultRetryDelay = 5;

/** A `callback_url` always gets a POST with the vendor's own JSON, once. */
export function callbackDestination(url: string, { body }: ProviderEvent): Destination {
  const { origin, pathname, search } = new URL(url);
  const target = pathname + search;
  return onceTo(origin, { method: 'POST', target, contentType: 'application/json', body: JSON.stringify(body) });
}

/** One try at a given request. */
export function onceTo(origin: string, webhook: Webhook): Destination {
  return { origin, compose: () => webhook, headers: {}, retries: 0, retryDelay: 0, readTimeout: defaultReadTimeout };
}

/** A webhook gets its rendered template: as a body or, being a GET, in the query of its target. */
export function webhookDestination(webhook: StoredWebhook, { variables }: ProviderEvent): Destination {
  const { url, method, encoding, template = '', headers, retries } = webhook;
  const { origin, pathname, search } = new URL(url);
  const compose = (attempt: number): Webhook => {
    const values = { ...variables, retryCount: attempt - 1 };
    if (method === 'GET') {
      const data = queryText(renderTemplate(template, values, 'FORM_ENCODED'));
      return { method, target: pathname + joinQuery(search, data), body: '' };
    }
    const body = renderTemplate(template, values, encoding);
    return { method, target: pathname + search, contentType: contentTypes[encoding], body };
  };
  const retryDelay = webhook.retry_delay ?? defaultRetryDelay;
  return { origin, compose, headers, retries, retryDelay, readTimeout: webhook.read_timeout ?? defaultReadTimeout };
}

const contentTypes: Record<WebhookEncoding, string> = {
  JSON: 'application/json',
  FORM_ENCODED: 'application/x-www-form-urlencoded',
  XML: 'application/xml',
};

function joinQuery(search: string, data: string): string {
  if (data === '') return search;
  return search === '' ? `?${data}` : `${search}&${data}`;
}

/** Values are encoded already; what the template itself holds and a target cannot, is encoded here. */
function queryText(rendered: string): string {
  return rendered.toWellFormed().replace(/[^\x21-\x7e]|["#<>\\^`{|}]/gu, encodeURIComponent);
}
