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
import { kindOf, type TemplateKind, templateFor, templateKinds } from '../templates.ts';

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

const createNotes = `
One template serves one kind of event (${templateKinds.join(', ')}). For several kinds create a webhook each; as URL and
method together must be new, tell the URLs apart by a query, such as …/messagemedia?kind=reply. The query is signed too.`;

interface Settings extends GlobalOptions {
  stack?: string;
  url?: string;
  method?: WebhookMethod;
  encoding?: WebhookEncoding;
  events?: WebhookEvent[];
  template?: string;
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
    .addOption(new Option('--encoding <encoding>', 'default: JSON, for GET: FORM_ENCODED').choices(webhookEncodings))
    .option('--events <names>', `with commas between them: ${webhookEvents.join(', ')}`, eventList)
    .option(
      '--template <template>',
      `${templateKinds.join(', ')}, a template of your own, or @file (default: by the events)`,
    );
}

async function createWebhook(options: Creation): Promise<void> {
  const { method = 'POST', events, retries, retryDelay, readTimeout } = options;
  const encoding = options.encoding ?? (method === 'GET' ? 'FORM_ENCODED' : 'JSON');
  checkEncoding(method, encoding);
  const url = await urlOf(options);
  if (url === undefined || events === undefined) throw new Error('Give --events, and --url or --stack.');
  const template = await templateOf(options.template ?? kindOf(events), encoding);
  if (template === undefined) {
    throw new Error(severalKinds);
  }
  const webhook = await connectProvider(options).createWebhook({
    url,
    method,
    encoding,
    events,
    template,
    retries,
    retry_delay: retryDelay,
    ...(readTimeout !== undefined && { read_timeout: readTimeout }),
  });
  print(options.json, webhook, describe(webhook));
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
  const { method, encoding, events } = options;
  const written = encoding ?? webhookEncodings.find((name) => name === current.encoding) ?? 'JSON';
  checkEncoding(method ?? current.method, written);
  const url = await urlOf(options);
  // A template is written for one encoding and one kind of event: with either of them it changes as well.
  const kind = kindOf(events ?? current.events.flatMap(eventOf));
  const template = await templateOf(options.template ?? (encoding || events ? kind : undefined), written);
  if (template === undefined && (encoding || events)) throw new Error(severalKinds);
  const webhook = await provider.updateWebhook(webhookId, {
    ...(url !== undefined && { url }),
    ...(method !== undefined && { method }),
    ...(encoding !== undefined && { encoding }),
    ...(events !== undefined && { events }),
    ...(template !== undefined && { template }),
  });
  print(options.json, webhook, describe(webhook));
}

const severalKinds =
  'These events are of several kinds, which no template of ours serves: create a webhook for each kind, or give --template.';

/** @throws {Error} for a GET webhook that is no form: its data has to fit into a query */
function checkEncoding(method: string, encoding: WebhookEncoding): void {
  if (method !== 'GET' || encoding === 'FORM_ENCODED') return;
  throw new Error(`A GET webhook has its data in the query: give --encoding FORM_ENCODED, not ${encoding}.`);
}

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

async function templateOf(value: string | undefined, encoding: WebhookEncoding): Promise<string | undefined> {
  if (value === undefined) return undefined;
  if (isKind(value)) return templateFor(value, encoding);
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
