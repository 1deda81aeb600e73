import { isUtf8 } from 'node:buffer';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type RegisteredWebhook,
  type WebhookEventName,
  webhookEncodings,
  webhookEvents,
  webhookMethods,
} from '../../lambda/messagemedia/types.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import { formatTable, print, progress, wrap } from '../../terminal/output.ts';
import { confirm } from '../../terminal/question.ts';
import { connectProvider, type GlobalOptions, readOutput } from '../connections.ts';
import { readNamed, UsageError, wholeNumber, withOptions } from '../options.ts';
import { templateKinds } from '../webhooks/templates.ts';
import { urlKinds } from '../webhooks/webhook-content.ts';
import { headersOf, withoutSecrets } from '../webhooks/webhook-header.ts';
import type { CheckedWebhook } from '../webhooks/webhook-outcome.ts';
import { addressProblem, problemsOf, type WebhookProblem } from '../webhooks/webhook-problems.ts';
import {
  changeWebhook,
  createMissing,
  type WebhookCreation,
  type WebhookParts,
  wishesOf,
} from '../webhooks/webhook-wishes.ts';

export function addWebhooksCommand(program: Command): void {
  const webhooks = program
    .command('webhooks')
    .description('webhooks of the account, whichever messages their events are about');
  addSettings(
    webhooks
      .command('create')
      .description('create a webhook for each kind of event, with a template that holds its ids'),
  )
    .option('--retries <count>', 'retries after a failure: 0 to 5', wholeNumber(0, 5), 5)
    .option('--retry-delay <seconds>', 'seconds between retries: 5 to 60', wholeNumber(5, 60), 60)
    .addHelpText('after', wrap(createNotes))
    .action(withOptions(createWebhooks));
  webhooks
    .command('list')
    .description('list the webhooks, however they were made, and what is wrong with them')
    .option('--stack <name>', 'the deployed stack whose CallbackUrl they should go to')
    .action(withOptions(listWebhooks));
  addSettings(webhooks.command('update <webhook-id>').description('change a webhook; its retries cannot be changed'))
    .addHelpText('after', wrap(updateNotes))
    .action(withOptions(updateWebhook));
  webhooks
    .command('delete <webhook-id>')
    .description('delete a webhook')
    .option('--yes', 'do not ask')
    .action(withOptions(deleteWebhook));
}

const createNotes = `
MessageMedia sends delivery reports only about messages that were sent with delivery_report: true, as "mmw send" does.

One template serves one kind of event (${templateKinds.join(', ')}), so each kind gets its own webhook. Its URL gets
?kind=… as first parameter. This tells the receiver the kind of event, whatever somebody typed into a phone, because the
query is signed too. With your own template it is kind=webhook. Then nothing is read from the body, and every event has
the id of its request. Add --kind only if your template puts MessageMedia's id first and escapes the text that people
typed.

The built-in templates are JSON. For a form or XML give --encoding and your own --template; for GET write the variables
into the query of --url. There, put no text that people typed: MessageMedia documents $esc.json, and nothing for other
encodings. An opt-out has $notificationId, and neither $moId nor $replyId. A variable without a value stays in the body as
it is written, unless it is written $!x.

Your own template is rendered and read as the receiver does, with texts that people type. If they break the JSON or can
be taken for an id, or the only id is one that the event does not have, the webhook is not created. "mmw webhooks list" says the
same of webhooks that were made elsewhere.

If your account has no signed webhooks, put a secret into a header, and let your own server compare it. MessageMedia stores
it; mmw never prints it.`;

const updateNotes = `
A template is written for one kind of event and one encoding. So with --events the webhook gets a new built-in
template, even if it had your own, unless you give --template. The rest of its URL's query stays, unless you
give --url.`;

type Settings = GlobalOptions & Omit<WebhookParts, 'headers'> & { stack?: string; header?: string[] };
type Creation = Settings & Omit<WebhookCreation, 'headers'>;

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
      `${templateKinds.join(', ')}, the text of your own template, or @file (default: JSON, as the events need)`,
    )
    .option('--header <name: value>', 'a header of your own, such as one with a secret; may be repeated', collect);
}

/** One webhook, or one for each kind of event, because a built-in template serves one kind. */
async function createWebhooks(options: Creation): Promise<void> {
  const { events } = options;
  const url = await urlOf(options);
  if (url === undefined || events === undefined) throw new UsageError('Add --events, and --url or --stack.');
  const template = await readTemplate(options.template);
  const wishes = wishesOf({ ...options, url, events, template, headers: headersOf(options.header) });
  for (const wish of wishes) check({ ...wish, events: [...wish.events] }, true);
  const made = await createMissing(connectProvider(options), wishes, ({ id, url: there }, changes) => {
    progress(`Webhook ${id} for ${there} exists already and was not changed.`);
    if (changes.length === 0) return;
    progress(`It is not what was asked for. To change it: mmw webhooks update ${id} ${changes.join(' ')}`);
    process.exitCode = 1;
  });
  const [shown, ...others] = made.map(withoutSecrets);
  print(options.json, others.length === 0 ? shown : [shown, ...others], made.map(describe).join('\n'));
}

async function updateWebhook(webhookId: string, options: Settings): Promise<void> {
  const provider = connectProvider(options);
  const { kind, encoding, events } = options;
  const [url, template] = [await urlOf(options), await readTemplate(options.template)];
  const isOther = [template, kind, encoding, events].some((part) => part !== undefined);
  const parts = { ...options, url, template, headers: headersOf(options.header) };
  const webhook = await changeWebhook(provider, webhookId, parts, (changed) => check(changed, isOther));
  print(options.json, withoutSecrets(webhook), describe(webhook));
}

async function deleteWebhook(webhookId: string, options: GlobalOptions & { yes?: boolean }): Promise<void> {
  await confirm(`Delete webhook ${webhookId}? Its events are no longer sent.`, options);
  await connectProvider(options).deleteWebhook(webhookId);
  print(options.json, { deleted: webhookId }, `Webhook ${webhookId} is deleted.`);
}

async function urlOf({ url, stack }: Settings): Promise<string | undefined> {
  return url ?? (stack === undefined ? undefined : readOutput(stack, outputs.callbackUrl));
}

/**
 * The text of a template, or the unchanged name of a built-in one. Editors put a byte order mark before a text, and a line
 * break behind it, and neither belongs to it.
 */
async function readTemplate(value: string | undefined): Promise<string | undefined> {
  if (!value?.startsWith('@')) return value?.replace(/^\uFEFF/, '');
  const bytes = await readNamed(value.slice(1));
  if (!isUtf8(bytes)) throw new UsageError(`${value.slice(1)} is not UTF-8: save it as UTF-8.`);
  return new TextDecoder().decode(bytes).replace(/\r?\n$/, '');
}

function collect(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}

function eventList(value: string): WebhookEventName[] {
  if (value === 'all') return [...webhookEvents];
  return value.split(',').map((name) => {
    const event = webhookEvents.find((candidate) => candidate === name.trim());
    if (event) return event;
    throw new InvalidArgumentError(`${name} is not one of ${webhookEvents.join(', ')}.`);
  });
}

function describe({ id, method, url, events }: RegisteredWebhook): string {
  return `Webhook ${id}: ${method} ${url} for ${events.join(', ')}.`;
}

async function listWebhooks(options: GlobalOptions & { stack?: string }): Promise<void> {
  const { json, stack } = options;
  const callbackUrl = stack === undefined ? undefined : await readOutput(stack, outputs.callbackUrl);
  const webhooks = (await connectProvider(options).listWebhooks()).map((webhook) => ({
    ...withoutSecrets(webhook),
    problems: [(callbackUrl && addressProblem(webhook, callbackUrl)) || [], problemsOf(webhook)].flat(),
  }));
  const cells = webhooks.map(({ id, method, url, encoding, events }) => [
    id,
    method,
    url,
    encoding ?? '',
    events.join('\n'),
  ]);
  const heads = ['webhook', 'method', 'url', 'encoding', 'events'];
  const problems = webhooks.flatMap(({ id, problems }) => problems.map((problem) => `${id}\n${inWords(problem)}`));
  const text = webhooks.length === 0 ? 'There are no webhooks.' : formatTable(heads, cells);
  print(json, webhooks, [text, ...problems].join('\n\n'));
}

/** Tells what is wrong with a webhook. @throws {UsageError} for errors, if such a webhook is not to be */
function check(webhook: CheckedWebhook, isRefused: boolean): void {
  const problems = problemsOf(webhook);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (isRefused && errors.length > 0) {
    throw new UsageError(`MessageMedia was not called, because of this template.\n${errors.map(inWords).join('\n')}`);
  }
  for (const problem of problems) progress(inWords(problem));
}

function inWords({ events, what, mend }: WebhookProblem): string {
  return `${events.join(', ')}: ${what}\n  What to do: ${mend}`;
}
