import type { RegisteredWebhook, WebhookEncoding, WebhookEventName } from '../../lambda/messagemedia/types.ts';
import { webhookEncodings, webhookEvents } from '../../lambda/messagemedia/types.ts';
import { UsageError } from '../options.ts';
import { isKind, kindOf, type TemplateKind, templateFor, templateKinds } from './templates.ts';

/** Values of `kind` in a callback URL. The receiver takes it as the kind of event, and reads nothing for `webhook`. */
export type UrlKind = TemplateKind | 'webhook';
export const urlKinds: readonly UrlKind[] = [...templateKinds, 'webhook'];

export interface Wish {
  url: string;
  method: string;
  encoding: WebhookEncoding;
  events: readonly WebhookEventName[];
  /** The kind of a built-in template, or the text of another. Default: the one that fits the events. */
  template?: string | undefined;
  /** Default: the kind in the URL, else that of the template. */
  kind?: UrlKind | undefined;
}

/** The part of a webhook that decides what its events hold, and as which kind they are received. */
export interface Content {
  url: string;
  template?: string;
}

/**
 * URL and template of a webhook. A GET has no body, so its variables are in the URL, as in MessageMedia's example.
 *
 * @throws {UsageError} when the parts of the wish do not fit together
 */
export function contentOf(wish: Wish): Content {
  const { url, method, encoding, events, template } = wish;
  if (method === 'GET') {
    if (template !== undefined || !url.includes('$')) {
      throw new UsageError(
        'A GET webhook has no template: put variables into the query of --url, such as reply_id=$moId.',
      );
    }
    return { url: withKind(url, urlKindOf(wish, kindOf(events) ?? 'webhook')) };
  }
  if (template !== undefined && !isKind(template)) return { url: withKind(url, urlKindOf(wish, 'webhook')), template };
  const kind = templateKindOf(wish);
  if (encoding !== 'JSON')
    throw new UsageError(`The built-in templates are JSON: with --encoding ${encoding} give your own --template.`);
  return { url: withKind(url, urlKindOf(wish, kind)), template: templateFor(kind) };
}

/**
 * The changes of URL and template. A template is written for one kind of event and one encoding, so it changes with
 * either. Except `kind`, the URL's query stays, unless there is a new URL.
 *
 * @throws {UsageError} when the parts of the wish do not fit together
 */
export function changesOf(current: RegisteredWebhook, wish: Partial<Wish>): Partial<Content> {
  const { method = current.method, kind, template } = wish;
  const events = wish.events ?? webhookEvents.filter((event) => current.events.includes(event));
  const encoding = wish.encoding ?? webhookEncodings.find((name) => name === current.encoding) ?? 'JSON';
  const hasNewContent = [template, wish.encoding, wish.events].some((value) => value !== undefined);
  const toOrFromGet = (method === 'GET') !== (current.method === 'GET');
  if (hasNewContent || toOrFromGet) {
    return contentOf({ url: wish.url ?? withoutKind(current.url), method, encoding, events, template, kind });
  }
  if (wish.url === undefined && kind === undefined) return {};
  // A new kind replaces the earlier one; a new URL without a kind inherits it.
  const url = wish.url ?? withoutKind(current.url);
  const said = kind ?? saidBy(url) ?? saidBy(current.url);
  return { url: said === undefined ? url : withKind(url, urlKindOf({ url, events, kind }, said)) };
}

/** Events grouped by the kind of template that serves them, because a webhook has one template. */
export function byKind(events: readonly WebhookEventName[]): WebhookEventName[][] {
  return templateKinds
    .map((kind) => events.filter((event) => kindOf([event]) === kind))
    .filter((some) => some.length > 0);
}

/** The kind of the built-in template that serves these events. */
function templateKindOf({ template, events }: Wish): TemplateKind {
  const kind = kindOf(events);
  if (kind === undefined) {
    const mend = 'give events of one kind, or your own --template';
    const all = '"mmw webhooks create" without --template and --kind makes a webhook for each kind';
    throw new UsageError(
      `These events are of several kinds, and no built-in template serves several: ${mend}; ${all}.`,
    );
  }
  if (template === undefined || template === kind) return kind;
  throw new UsageError(
    `The template ${template} does not serve ${events.join(', ')}: leave --template out, or give ${kind}.`,
  );
}

/** The kind for the URL. @param fallback if neither the option nor the URL names one */
function urlKindOf({ url, kind, events }: Pick<Wish, 'url' | 'kind' | 'events'>, fallback: string): string {
  const said = saidBy(url);
  if (kind !== undefined && said !== undefined && said !== kind) {
    throw new UsageError(`The URL says kind=${said} and --kind says ${kind}: give only one of them.`);
  }
  const result = kind ?? said ?? fallback;
  if (isKind(result) && !events.some((event) => kindOf([event]) === result)) {
    throw new UsageError(
      `kind=${result} fits none of the events ${events.join(', ')}: leave it out to get the kind that fits.`,
    );
  }
  return result;
}

/** A URL's parts as they are written. A URL object would encode the variables that MessageMedia has to read. */
function split(url: string): { base: string; parameters: string[] } {
  const [, base = url, query = ''] = /^([^?#]*)\??([^#]*)/.exec(url) ?? [];
  return { base, parameters: query.split('&').filter((parameter) => parameter !== '') };
}

function saidBy(url: string): string | undefined {
  return split(url)
    .parameters.find((parameter) => parameter.startsWith('kind='))
    ?.slice('kind='.length);
}

function withoutKind(url: string): string {
  const { base, parameters } = split(url);
  return join(
    base,
    parameters.filter((parameter) => !parameter.startsWith('kind=')),
  );
}

/** The URL with `kind` before everything else, because nothing is read after text that somebody typed. */
function withKind(url: string, kind: string): string {
  const { base, parameters } = split(withoutKind(url));
  return join(base, [`kind=${kind}`, ...parameters]);
}

function join(base: string, parameters: readonly string[]): string {
  return parameters.length === 0 ? base : `${base}?${parameters.join('&')}`;
}
