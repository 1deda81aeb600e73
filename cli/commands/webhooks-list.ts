import type { RegisteredWebhook } from '../../lambda/messagemedia/types.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import { formatTable, print, progress } from '../../terminal/output.ts';
import { connectProvider, type GlobalOptions, readOutput } from '../connections.ts';
import { UsageError } from '../options.ts';
import { addressOf } from '../webhooks/webhook-address.ts';
import { withoutSecrets } from '../webhooks/webhook-header.ts';
import type { CheckedWebhook } from '../webhooks/webhook-outcome.ts';
import { problemsOf } from '../webhooks/webhook-problems.ts';
import type { WebhookProblem } from '../webhooks/webhook-wording.ts';

export async function listWebhooks(options: GlobalOptions & { stack?: string }): Promise<void> {
  const { json, stack } = options;
  const callbackUrl = stack === undefined ? undefined : await readOutput(stack, outputs.callbackUrl);
  const webhooks = (await connectProvider(options).listWebhooks()).map((webhook) => ({
    ...withoutSecrets(webhook),
    problems: [...addressProblems(webhook, callbackUrl), ...problemsOf(webhook)],
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

function addressProblems({ url, events }: RegisteredWebhook, callbackUrl: string | undefined) {
  const address = callbackUrl === undefined ? undefined : addressOf(url, callbackUrl);
  if (callbackUrl === undefined || address === undefined || address.goes === 'here') return [];
  const what = address.goes === 'nowhere' ? address.why : `It goes to ${address.host}, not to the stack.`;
  const severity = address.goes === 'nowhere' ? 'error' : 'info';
  return [{ severity, code: 'address', events, what, mend: `The CallbackUrl is ${callbackUrl}.` } as const];
}

/** Tells what is wrong with a webhook. @throws {UsageError} for errors, if such a webhook is not to be */
export function check(webhook: CheckedWebhook, isRefused: boolean): void {
  const problems = problemsOf(webhook);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (isRefused && errors.length > 0) {
    throw new UsageError(`MessageMedia was not called, because of this template.\n${errors.map(inWords).join('\n')}`);
  }
  for (const problem of problems) progress(inWords(problem));
}

function inWords({
  events,
  what,
  mend,
}: Pick<WebhookProblem, 'what' | 'mend'> & { events: readonly string[] }): string {
  return `${events.join(', ')}: ${what}\n  What to do: ${mend}`;
}
