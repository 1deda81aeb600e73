import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type RegisteredWebhook,
  type WebhookEvent,
  webhookEncodings,
  webhookEvents,
  webhookMethods,
} from '../../lambda/provider/types.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import { connectProvider, type GlobalOptions, readOutput } from '../connections.ts';
import { createMissing } from '../missing-webhooks.ts';
import { formatTable, print, progress, wrap } from '../output.ts';
import { confirm } from '../question.ts';
import { templateKinds } from '../templates.ts';
import { UsageError } from '../usage-error.ts';
import { urlKinds } from '../webhook-content.ts';
import { changeWebhook, type WebhookCreation, type WebhookParts, wishesOf } from '../webhook-wishes.ts';

/** `mmw webhooks`: webhooks of the whole account, as opposed to the `callback_url` of one message. */
export function addWebhooksCommand(program: Command): void {
  const webhooks = program.command('webhooks').description('webhooks for all messages of the account');
  addSettings(
    webhooks
      .command('create')
      .description('create a webhook for each kind of event, with a template that holds its ids'),
  )
    .option('--retries <count>', 'retries after a failure: 0 to 5', wholeNumber, 5)
    .option('--retry-delay <seconds>', 'seconds between retries: 5 to 60', wholeNumber, 60)
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
One template serves one kind of event (${templateKinds.join(', ')}), so each kind gets its own webhook. Its URL gets
?kind=… as first parameter. This tells the receiver the kind of event, whatever somebody typed into a phone, because the
query is signed too. With your own template it is kind=webhook. Then nothing is read from the body, and every event has
the id of its request. Add --kind only if your template puts MessageMedia's id first and escapes the text that people
typed.

MessageMedia documents events and variables, $esc.json in JSON templates, and for GET the variables in the URL's query,
without a template. An opt-out has $notificationId, and neither $moId nor $replyId. A variable without a value stays in
the body as it is written, unless it is written $!x. MessageMedia does not document whether values are escaped in a
form, in XML and in a query. So only the JSON templates hold text that people typed; the others hold ids, numbers, times
and states.`;

const updateNotes = `
A template is written for one kind of event and one encoding. So with --events or --encoding the webhook gets a new
built-in template, even if it had your own, unless you give --template. The rest of its URL's query stays, unless you
give --url.`;

type Settings = GlobalOptions & WebhookParts & { stack?: string };
type Creation = Settings & WebhookCreation;

function addSettings(command: Command): Command {
  return command
    .option('--url <URL>', 'where the webhooks go')
    .addOption(new Option('--stack <name>', 'the deployed stack whose CallbackUrl they go to').conflicts('url'))
    .addOption(new Option('--method <method>', 'default: POST').choices(webhookMethods))
    .addOption(new Option('--encoding <encoding>', 'default: JSON').choices(webhookEncodings))
    .option('--events <names>', `all, or a list with commas: ${webhookEvents.join(', ')}`, eventList)
    .addOption(
      new Option(
        '--kind <kind>',
        'the kind of event that the URL names (default: as in the URL, else as the template)',
      ).choices(urlKinds),
    )
    .option(
      '--template <template>',
      `${templateKinds.join(', ')}, the text of your own template, or @file (default: as the events need)`,
    );
}

/** One webhook, or one for each kind of event, because a built-in template serves one kind. */
async function createWebhooks(options: Creation): Promise<void> {
  const { events } = options;
  const url = await urlOf(options);
  if (url === undefined || events === undefined) throw new UsageError('Add --events, and --url or --stack.');
  const template = await readTemplate(options.template);
  const wishes = wishesOf({ ...options, url, events, template });
  const provider = connectProvider(options);
  const [wish] = wishes;
  if (wish && wishes.length === 1) {
    const webhook = await provider.createWebhook(wish);
    print(options.json, webhook, describe(webhook));
    return;
  }
  const made = await createMissing(provider, wishes, ({ id, url: there }, changes) => {
    progress(`Webhook ${id} for ${there} exists already and was not changed.`);
    if (changes.length === 0) return;
    progress(`It is not what was asked for. To change it: mmw webhooks update ${id} ${changes.join(' ')}`);
    process.exitCode = 1;
  });
  print(options.json, made, made.map(describe).join('\n'));
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
  const [url, template] = [await urlOf(options), await readTemplate(options.template)];
  const webhook = await changeWebhook(provider, webhookId, { ...options, url, template });
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

/** The text of a template, or the unchanged name of a built-in one. */
async function readTemplate(value: string | undefined): Promise<string | undefined> {
  return value?.startsWith('@') ? readFile(value.slice(1), 'utf8') : value;
}

function eventList(value: string): WebhookEvent[] {
  if (value === 'all') return [...webhookEvents];
  return value.split(',').map((name) => {
    const event = webhookEvents.find((candidate) => candidate === name.trim());
    if (event) return event;
    throw new InvalidArgumentError(`${name} is not one of ${webhookEvents.join(', ')}.`);
  });
}

function wholeNumber(value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number.');
}

function describe({ id, method, url, events }: RegisteredWebhook): string {
  return `Webhook ${id}: ${method} ${url} for ${events.join(', ')}.`;
}
