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
import { createMissing } from '../missing-webhooks.ts';
import { formatTable, print, progress, wrap } from '../output.ts';
import { confirm } from '../question.ts';
import { templateKinds } from '../templates.ts';
import { UsageError } from '../usage-error.ts';
import { byKind, changesOf, contentOf, type UrlKind, urlKinds } from '../webhook-content.ts';

/** `mmw webhooks`: webhooks of the whole account, as opposed to the `callback_url` of one message. */
export function addWebhooksCommand(program: Command): void {
  const webhooks = program.command('webhooks').description('webhooks for all messages of the account');
  addSettings(
    webhooks
      .command('create')
      .description('create a webhook for each kind of event, with a template that carries its ids'),
  )
    .option('--retries <count>', 'tries after a failed one: 0 to 5', wholeNumber, 5)
    .option('--retry-delay <seconds>', 'seconds between two tries: 5 to 60', wholeNumber, 60)
    .option('--read-timeout <milliseconds>', 'how long MessageMedia waits for an answer: up to 60000', wholeNumber)
    .addHelpText('after', wrap(createNotes))
    .action((_options, command: Command) => createWebhooks(command.optsWithGlobals()));
  webhooks
    .command('list')
    .description('list the webhooks')
    .action((_options, command: Command) => listWebhooks(command.optsWithGlobals()));
  addSettings(webhooks.command('update <webhook-id>').description('change a webhook; its retries cannot be changed'))
    .addHelpText('after', wrap(updateNotes))
    .action((webhookId: string, _options, command: Command) => updateWebhook(webhookId, command.optsWithGlobals()));
  webhooks
    .command('delete <webhook-id>')
    .description('delete a webhook')
    .option('--yes', 'do not ask')
    .action((webhookId: string, _options, command: Command) => deleteWebhook(webhookId, command.optsWithGlobals()));
}

const createNotes = `
One template serves one kind of event (${templateKinds.join(', ')}), so several kinds make a webhook each. Its URL gets
?kind=… as first parameter, which tells the receiver what the event is, whatever somebody typed into a phone; the query is
signed too. With a template of your own it is kind=webhook, and nothing is read from the body: every event has the id of
its request. Give --kind only if that template puts the id of MessageMedia first and escapes what people typed.

Documented by MessageMedia: events and variables, $esc.json in JSON templates, and for GET the variables in the URL's
query, without a template. An opt-out has $notificationId, and neither $moId nor $replyId: what has no value stays in
the body as it is written, unless it is written $!x. Documented nowhere: whether values are escaped in a form, in XML and in a query. What people
typed is therefore in the JSON templates alone; the others have ids, numbers, times and states.`;

const updateNotes = `
A template is written for one kind of event and one encoding: with --events or --encoding the webhook gets one of ours,
unless --template is given, also if it had one of your own. The rest of its URL's query stays, unless --url is given.`;

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
    .addOption(new Option('--stack <name>', 'the deployed stack whose CallbackUrl they go to').conflicts('url'))
    .addOption(new Option('--method <method>', 'default: POST').choices(webhookMethods))
    .addOption(new Option('--encoding <encoding>', 'default: JSON').choices(webhookEncodings))
    .option('--events <names>', `all, or with commas between them: ${webhookEvents.join(', ')}`, eventList)
    .addOption(
      new Option(
        '--kind <kind>',
        'what the URL says of the events (default: what it says already, else by the template)',
      ).choices(urlKinds),
    )
    .option(
      '--template <template>',
      `${templateKinds.join(', ')}, a template of your own, or @file (default: by the events)`,
    );
}

/** One webhook, or one for each kind of event: a template of ours serves one kind. */
async function createWebhooks(options: Creation): Promise<void> {
  const { events } = options;
  const url = await urlOf(options);
  if (url === undefined || events === undefined) throw new UsageError('Give --events, and --url or --stack.');
  const template = await readTemplate(options.template);
  const groups = template === undefined && options.kind === undefined ? byKind(events) : [events];
  const wishes = groups.map((some) => wishOf(options, url, some, template));
  const provider = connectProvider(options);
  const [wish] = wishes;
  if (wish && wishes.length === 1) {
    const webhook = await provider.createWebhook(wish);
    print(options.json, webhook, describe(webhook));
    return;
  }
  const made = await createMissing(provider, wishes, ({ id, url: there }, changes) => {
    progress(`Webhook ${id} is there already, for ${there}: left as it is.`);
    if (changes.length === 0) return;
    progress(`It is not what was asked for. To change it: mmw webhooks update ${id} ${changes.join(' ')}`);
    process.exitCode = 1;
  });
  print(options.json, made, made.map(describe).join('\n'));
}

function wishOf(options: Creation, url: string, events: WebhookEvent[], template: string | undefined) {
  const { method = 'POST', encoding = 'JSON', retries, retryDelay, readTimeout, kind } = options;
  return {
    ...contentOf({ url, method, encoding, events, template, kind }),
    method,
    encoding,
    events,
    retries,
    retry_delay: retryDelay,
    ...(readTimeout !== undefined && { read_timeout: readTimeout }),
  };
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
  const { method, encoding, events, kind } = options;
  const [url, template] = [await urlOf(options), await readTemplate(options.template)];
  const settings = {
    ...(method !== undefined && { method }),
    ...(encoding !== undefined && { encoding }),
    ...(events !== undefined && { events }),
  };
  const content = changesOf(current, { ...settings, ...(url !== undefined && { url }), template, kind });
  const webhook = await provider.updateWebhook(webhookId, { ...settings, ...content });
  print(options.json, webhook, describe(webhook));
}

async function deleteWebhook(webhookId: string, options: GlobalOptions & { yes?: boolean }): Promise<void> {
  await confirm(`Delete webhook ${webhookId}? Its events are no longer sent.`, options);
  await connectProvider(options).deleteWebhook(webhookId);
  print(options.json, { deleted: webhookId }, `Webhook ${webhookId} is deleted.`);
}

async function urlOf({ url, stack }: Settings): Promise<string | undefined> {
  return url ?? (stack === undefined ? undefined : readOutput(stack, outputs.callbackUrl));
}

/** The text of a template, or the kind of one of ours as it stands. */
async function readTemplate(value: string | undefined): Promise<string | undefined> {
  return value?.startsWith('@') ? readFile(value.slice(1), 'utf8') : value;
}

function eventList(value: string): WebhookEvent[] {
  if (value === 'all') return [...webhookEvents];
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
