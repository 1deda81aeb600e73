import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { outputs } from '../../lambda/contract.ts';
import {
  type RegisteredWebhook,
  type WebhookEncoding,
  type WebhookEvent,
  type WebhookMethod,
  webhookEncodings,
  webhookEvents,
  webhookMethods,
} from '../../lambda/provider/types.ts';
import { connectProvider, type GlobalOptions, readOutput } from '../connections.ts';
import { formatTable, print } from '../output.ts';
import { confirm } from '../question.ts';
import { kindOf, queryFor, type TemplateKind, templateFor, templateKinds } from '../templates.ts';

/** `mmw webhooks`: webhooks of the whole account, as opposed to the `callback_url` of one message. */
export function addWebhooksCommand(program: Command): void {
  const webhooks = program.command('webhooks').description('webhooks for all messages of the account');
  addSettings(
    webhooks.command('create').description('create a webhook with a template that carries the ids of its events'),
  )
    .option('--retries <count>', 'tries after a failed one: 0 to 5', wholeNumber, 5)
    .option('--retry-delay <seconds>', 'seconds between two tries: 5 to 60', wholeNumber, 60)
    .option('--read-timeout <milliseconds>', 'how long MessageMedia waits for an answer: up to 60000', wholeNumber)
    .addHelpText('after', createNotes)
    .action((_options, command: Command) => createWebhook(command.optsWithGlobals()));
  webhooks
    .command('list')
    .description('list the webhooks')
    .action((_options, command: Command) => listWebhooks(command.optsWithGlobals()));
  addSettings(
    webhooks.command('update <webhook-id>').description('change a webhook; its retries cannot be changed'),
  ).action((webhookId: string, _options, command: Command) => updateWebhook(webhookId, command.optsWithGlobals()));
  webhooks
    .command('delete <webhook-id>')
    .description('delete a webhook')
    .option('--yes', 'do not ask')
    .action((webhookId: string, _options, command: Command) => deleteWebhook(webhookId, command.optsWithGlobals()));
}

const urlKinds = [...templateKinds, 'webhook'] as const;
type UrlKind = (typeof urlKinds)[number];

const createNotes = `
One template serves one kind of event (${templateKinds.join(', ')}): for several kinds create a webhook each. Its URL gets
?kind=… as first parameter, which tells the receiver what the event is, whatever somebody typed into a phone; the query is
signed too. With a template of your own it is kind=webhook, and nothing is read from the body: every event has the id of
its request. Give --kind only if that template puts the id of MessageMedia first and escapes what people typed.

Documented by MessageMedia: variables and events, $esc.json in JSON templates, and for GET the variables in the URL's
query, without a template. Our reading: values in a form, in XML and in a query may arrive without being escaped. So ids
come first there, what people typed comes last, and is left out of a query.`;

interface Settings extends GlobalOptions {
  stack?: string;
  url?: string;
  method?: WebhookMethod;
  encoding?: WebhookEncoding;
  events?: WebhookEvent[];
  template?: string;
  kind?: UrlKind;
}

interface Creation extends Settings {
  retries: number;
  retryDelay: number;
  readTimeout?: number;
}

function addSettings(command: Command): Command {
  return command
    .option('--url <URL>', 'where the webhooks go')
    .option('--stack <name>', 'the deployed stack whose CallbackUrl they go to')
    .addOption(new Option('--method <method>', 'default: POST').choices(webhookMethods))
    .addOption(new Option('--encoding <encoding>', 'default: JSON').choices(webhookEncodings))
    .option('--events <names>', `with commas between them: ${webhookEvents.join(', ')}`, eventList)
    .addOption(
      new Option('--kind <kind>', 'what the URL says of the events (default: by the template)').choices(urlKinds),
    )
    .option(
      '--template <template>',
      `${templateKinds.join(', ')}, a template of your own, or @file (default: by the events)`,
    );
}

async function createWebhook(options: Creation): Promise<void> {
  const { method = 'POST', encoding = 'JSON', events, retries, retryDelay, readTimeout } = options;
  const url = await urlOf(options);
  if (url === undefined || events === undefined) throw new Error('Give --events, and --url or --stack.');
  const kind = options.kind ?? urlKindOf(options.template, events);
  const content = await contentOf({ url, method, encoding, template: options.template, events, kind });
  const webhook = await connectProvider(options).createWebhook({
    ...content,
    method,
    encoding,
    events,
    retries,
    retry_delay: retryDelay,
    ...(readTimeout !== undefined && { read_timeout: readTimeout }),
  });
  print(options.json, webhook, describe(webhook));
}

/** What the URL says: the kind of a template of ours, and `webhook` for any other. */
function urlKindOf(template: string | undefined, events: readonly WebhookEvent[]): UrlKind {
  if (template !== undefined) return isKind(template) ? template : 'webhook';
  const kind = kindOf(events);
  if (kind === undefined) throw new Error(severalKinds);
  return kind;
}

interface Content {
  url: string;
  method: string;
  encoding: WebhookEncoding;
  template: string | undefined;
  events: readonly WebhookEvent[];
  kind: UrlKind;
}

/** URL and template. A GET has no body, so its variables are in the URL, as in MessageMedia's example. */
async function contentOf({ url, method, encoding, template, events, kind }: Content) {
  const marked = withKind(url, kind);
  const own = template === undefined || isKind(template) ? undefined : template;
  if (method === 'GET') {
    if (own !== undefined) throw new Error('A GET webhook has no template: put the variables into the query of --url.');
    const query = new URL(url).search.includes('$') ? '' : `&${queryFor(kindOfTemplate(template, events))}`;
    return { url: marked + query };
  }
  if (own !== undefined) return { url: marked, template: await readTemplate(own) };
  return { url: marked, template: templateFor(kindOfTemplate(template, events), encoding) };
}

function kindOfTemplate(template: string | undefined, events: readonly WebhookEvent[]): TemplateKind {
  const kind = template !== undefined && isKind(template) ? template : kindOf(events);
  if (kind === undefined) throw new Error(severalKinds);
  return kind;
}

/** The URL with `kind` before every other parameter: what comes behind text that somebody typed is not believed. */
function withKind(url: string, kind: UrlKind): string {
  const [, base = url, query = ''] = /^([^?#]*)\??([^#]*)/.exec(url) ?? [];
  if (/(?:^|&)kind=/.test(query)) return url;
  return `${base}?kind=${kind}${query === '' ? '' : `&${query}`}`;
}

async function listWebhooks(options: GlobalOptions): Promise<void> {
  const webhooks = await connectProvider(options).listWebhooks();
  const cells = webhooks.map(({ id, method, url, encoding, events }) => [
    id,
    method,
    url,
    encoding ?? '',
    events.join('\n'),
  ]);
  const heads = ['webhook', 'method', 'url', 'encoding', 'events'];
  print(options.json, webhooks, webhooks.length === 0 ? 'There are no webhooks.' : formatTable(heads, cells));
}

async function updateWebhook(webhookId: string, options: Settings): Promise<void> {
  const provider = connectProvider(options);
  const current = (await provider.listWebhooks()).find(({ id }) => id === webhookId);
  if (!current) throw new Error(`There is no webhook ${webhookId}: "mmw webhooks list" shows what there is.`);
  const { method, encoding, template } = options;
  const url = await urlOf(options);
  const events = options.events ?? current.events.flatMap(eventOf);
  const written = encoding ?? webhookEncodings.find((name) => name === current.encoding) ?? 'JSON';
  // A template is written for one encoding and one kind of event: with either of them it changes, and for a GET it goes.
  const becomesGet = method !== undefined && (method === 'GET') !== (current.method === 'GET');
  const isNew = becomesGet || [template, encoding, options.events].some((option) => option !== undefined);
  const kind = options.kind ?? (isNew ? urlKindOf(template, events) : undefined);
  const place = { url: url ?? withoutQuery(current.url), method: method ?? current.method, encoding: written };
  const content =
    isNew && kind !== undefined
      ? await contentOf({ ...place, template, events, kind })
      : { ...(url !== undefined && { url: kind === undefined ? url : withKind(url, kind) }) };
  const webhook = await provider.updateWebhook(webhookId, {
    ...content,
    ...(method !== undefined && { method }),
    ...(encoding !== undefined && { encoding }),
    ...(options.events !== undefined && { events: options.events }),
  });
  print(options.json, webhook, describe(webhook));
}

/** A new kind of event needs another `kind`, and a GET other variables. */
function withoutQuery(url: string): string {
  return url.split('?')[0] ?? url;
}

const severalKinds =
  'These events are of several kinds, which no template of ours serves: create a webhook for each kind, or give --template.';

function eventOf(name: string): WebhookEvent[] {
  return webhookEvents.filter((event) => event === name);
}

async function deleteWebhook(webhookId: string, options: GlobalOptions & { yes?: boolean }): Promise<void> {
  await confirm(`Delete webhook ${webhookId}? Its events are no longer sent.`, options);
  await connectProvider(options).deleteWebhook(webhookId);
  print(options.json, { deleted: webhookId }, `Webhook ${webhookId} is deleted.`);
}

async function urlOf({ url, stack }: Settings): Promise<string | undefined> {
  return url ?? (stack === undefined ? undefined : readOutput(stack, outputs.callbackUrl));
}

async function readTemplate(value: string): Promise<string> {
  return value.startsWith('@') ? readFile(value.slice(1), 'utf8') : value;
}

function isKind(value: string): value is TemplateKind {
  return (templateKinds as readonly string[]).includes(value);
}

function eventList(value: string): WebhookEvent[] {
  return value.split(',').map((name) => {
    const event = webhookEvents.find((candidate) => candidate === name.trim());
    if (event) return event;
    throw new InvalidArgumentError(`${name} is none of ${webhookEvents.join(', ')}.`);
  });
}

function wholeNumber(value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number.');
}

function describe({ id, method, url, events }: RegisteredWebhook): string {
  return `Webhook ${id}: ${method} ${url} for ${events.join(', ')}.`;
}
