import { randomUUID } from 'node:crypto';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isObject } from '../../lambda/guards.ts';
import {
  type WebhookDefinition,
  type WebhookEventName,
  type WebhookSettings,
  webhookEncodings,
  webhookEvents,
  webhookMethods,
} from '../../lambda/messagemedia/types.ts';
import { renderTemplate } from '../../signing/render-template.ts';
import { ApiError, badRequest, fieldsOf, isHttpUrl, notFound } from './errors.ts';

/** A webhook in the form in which it is stored, and shown in answers. */
export interface StoredWebhook extends WebhookDefinition {
  id: string;
  headers: Record<string, string>;
  retries: number;
}

const most = 150;

export type Webhooks = ReturnType<typeof createWebhooks>;

export function createWebhooks() {
  const webhooks = new Map<string, StoredWebhook>();
  const find = (id: string): StoredWebhook => {
    const webhook = webhooks.get(id);
    if (!webhook) throw notFound();
    return webhook;
  };
  const store = (webhook: StoredWebhook): StoredWebhook => {
    webhooks.set(webhook.id, webhook);
    return webhook;
  };
  return {
    /** @throws {ApiError} 400, also if there are too many, or 409 if another webhook has this URL and method */
    create: (body: unknown): StoredWebhook => {
      const definition = checkDefinition(body);
      const { url, method } = definition;
      if ([...webhooks.values()].some((other) => other.url === url && other.method === method))
        throw new ApiError(409, 'A webhook with the given url and method already exists.');
      if (webhooks.size >= most) throw new ApiError(400, `Maximum number of webhooks (${most}) reached`);
      const { headers = {}, retries = 0, retry_delay, ...rest } = definition;
      // The delay is only shown and used if there are retries.
      const delay = retries > 0 && retry_delay !== undefined ? { retry_delay } : {};
      return store({ ...rest, headers, retries, ...delay, id: randomUUID() });
    },
    list: (): StoredWebhook[] => [...webhooks.values()],
    /** It may get the URL and method of another webhook, because MessageMedia does not say otherwise. @throws {ApiError} 400 or 404 */
    update: (id: string, body: unknown): StoredWebhook => store({ ...find(id), ...checkChanges(body) }),
    /** @throws {ApiError} 404 */
    remove: (id: string): void => {
      webhooks.delete(find(id).id);
    },
    subscribedTo: (event: WebhookEventName): StoredWebhook[] =>
      [...webhooks.values()].filter(({ events }) => events.includes(event)),
  };
}

/** Problems of the value of each field. */
const checks: Record<keyof WebhookDefinition, (value: unknown) => string[]> = {
  url: (value) => (isHttpUrl(value) && value.length <= 1000 ? [] : ['/url: Not a valid http url']),
  method: (value) => oneOf('method', webhookMethods, value),
  encoding: (value) => oneOf('encoding', webhookEncodings, value),
  events: checkEvents,
  headers: checkHeaders,
  template: checkTemplate,
  read_timeout: (value) => within('read_timeout', 1, 60_000, value),
  retries: (value) => within('retries', 0, 5, value),
  retry_delay: (value) => within('retry_delay', 5, 60, value),
};
const required = ['url', 'method', 'encoding', 'events'] as const;
const createOnly = ['read_timeout', 'retries', 'retry_delay'] as const;

function checkDefinition(body: unknown): WebhookDefinition {
  const { known, problems } = check(body);
  const missing = required.filter((name) => !(name in known)).map((name) => `/${name}: is required`);
  if (missing.length + problems.length > 0) throw badRequest(...missing, ...problems);
  return known as unknown as WebhookDefinition;
}

function checkChanges(body: unknown): Partial<WebhookSettings> {
  const { known, problems } = check(body);
  for (const name of createOnly) if (name in known) problems.push(`/${name}: cannot be updated`);
  if (Object.keys(known).length === 0) problems.push('At least one field is required.');
  if (problems.length > 0) throw badRequest(...problems);
  return known as Partial<WebhookSettings>;
}

/** The known fields that are not null, and their problems. */
function check(body: unknown): { known: Record<string, unknown>; problems: string[] } {
  const known: Record<string, unknown> = {};
  const problems: string[] = [];
  const fields = fieldsOf(body);
  for (const [name, problemsOf] of Object.entries(checks)) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    known[name] = value;
    problems.push(...problemsOf(value));
  }
  return { known, problems };
}

function oneOf(field: string, allowed: readonly unknown[], value: unknown): string[] {
  return allowed.includes(value) ? [] : [`/${field}: must be one of ${allowed.join(', ')}`];
}

function within(field: string, least: number, most: number, value: unknown): string[] {
  const fits = Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
  return fits ? [] : [`/${field}: must be a number from ${least} to ${most}`];
}

function checkEvents(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0) return ['/events: must name at least one event'];
  const known: readonly unknown[] = webhookEvents;
  return value.flatMap((event, index) => (known.includes(event) ? [] : [`/events/${index}: [${event}] is invalid`]));
}

function checkHeaders(value: unknown): string[] {
  if (!isObject(value)) return ['/headers: must be an object'];
  return Object.entries(value).flatMap(([name, text]) => {
    if (name.toLowerCase() === 'content-type') return ['/headers: Content-Type follows from the encoding'];
    if (name.length > 200) return ['/headers: a name has up to 200 characters'];
    if (typeof text !== 'string' || text.length > 1000) return [`/headers/${name}: is text of up to 1000 characters`];
    return problemOf(`/headers/${name}: is not a valid header`, () => {
      validateHeaderName(name);
      validateHeaderValue(name, text);
    });
  });
}

/** MessageMedia does not document its answer to a template that is not Velocity. */
function checkTemplate(value: unknown): string[] {
  if (typeof value !== 'string') return ['/template: must be text'];
  return problemOf('/template: is not a valid template', () => renderTemplate(value, {}));
}

function problemOf(problem: string, read: () => void): string[] {
  try {
    read();
    return [];
  } catch {
    return [problem];
  }
}
