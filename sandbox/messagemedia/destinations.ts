import { isObject } from '../../lambda/guards.ts';
import type { WebhookEncoding } from '../../lambda/messagemedia/types.ts';
import { renderTemplate } from '../../signing/render-template.ts';
import type { ProviderEvent } from '../../signing/sample-events.ts';
import type { Webhook } from '../../signing/sender.ts';
import type { StoredWebhook } from './webhooks.ts';

/** Where an event is sent, in which form, and when it is retried. */
export interface Destination {
  origin: string;
  /** The request before it is signed. @param attempt 1 for the first */
  compose: (attempt: number) => Webhook;
  headers: Record<string, string>;
  /** Seconds before each retry. */
  delays: readonly number[];
  /** Milliseconds to wait for an answer. */
  readTimeout: number;
}

const defaultReadTimeout = 20_000;

/** Delay of a webhook that names none, in seconds. It is the least that a webhook may name. */
const defaultRetryDelay = 5;

/** A `callback_url` always gets a POST with MessageMedia's own JSON. */
export function callbackDestination(url: string, { body }: ProviderEvent, delays: readonly number[]): Destination {
  const { origin, pathname, search } = new URL(url);
  const target = pathname + search;
  const webhook = { method: 'POST', target, contentType: 'application/json', body: JSON.stringify(body) };
  return { ...onceTo(origin, webhook), delays };
}

export function onceTo(origin: string, webhook: Webhook): Destination {
  return { origin, compose: () => webhook, headers: {}, delays: [], readTimeout: defaultReadTimeout };
}

/**
 * A webhook has its rendered template as body. A GET has no body, because MessageMedia's example has the variables in the
 * URL. Values in forms and XML are not escaped: MessageMedia does not document it, and this is the worse case.
 */
export function webhookDestination(webhook: StoredWebhook, { variables }: ProviderEvent): Destination {
  const { url, method, encoding, template = '', headers, retries } = webhook;
  const { origin, pathname } = new URL(url);
  const query = /\?[^#]*/.exec(url)?.[0] ?? '';
  const compose = (attempt: number): Webhook => {
    const values = { ...variables, retryCount: attempt - 1 };
    const target = pathname + renderQuery(query, values);
    if (method === 'GET') return { method, target, body: '' };
    return { method, target, contentType: contentTypes[encoding], body: renderTemplate(template, values) };
  };
  const delays = Array<number>(retries).fill(webhook.retry_delay ?? defaultRetryDelay);
  return { origin, compose, headers, delays, readTimeout: webhook.read_timeout ?? defaultReadTimeout };
}

const contentTypes: Record<WebhookEncoding, string> = {
  JSON: 'application/json',
  FORM_ENCODED: 'application/x-www-form-urlencoded',
  XML: 'application/xml',
};

/** Values are always encoded for a query. This is our assumption, because MessageMedia does not document it. */
function renderQuery(query: string, variables: Readonly<Record<string, unknown>>): string {
  const encoded = mapText(variables, (text) => encodeURIComponent(text.toWellFormed()));
  return renderTemplate(query, encoded).replace(/[^\x21-\x7e]|["#<>\\^`{|}]/gu, encodeURIComponent);
}

/** The same variables with every text changed, also in lists and maps. */
function mapText(variables: Readonly<Record<string, unknown>>, change: (text: string) => string) {
  const map = (value: unknown): unknown => {
    if (typeof value === 'string') return change(value);
    if (Array.isArray(value)) return value.map(map);
    return isObject(value) ? mapText(value, change) : value;
  };
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, map(value)]));
}
