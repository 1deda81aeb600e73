import type { Provider } from '../../lambda/messagemedia/client.ts';
import type { RegisteredWebhook } from '../../lambda/messagemedia/types.ts';
import { addressOf } from '../webhooks/webhook-content.ts';
import { problemsOf } from '../webhooks/webhook-problems.ts';
import { type Finding, issue } from './report.ts';

/** Do the webhooks that are registered, by whatever means, reach the stack, and with a body that can be read? */
export async function checkWebhooks(
  stack: string,
  callbackUrl: string,
  provider: Provider | undefined,
): Promise<Finding[]> {
  // That MessageMedia was not asked is told with the keys.
  if (provider === undefined) return [];
  const webhooks = await provider.listWebhooks();
  const here = webhooks.filter(({ url }) => addressOf(url, callbackUrl).goes === 'here');
  const findings = webhooks.flatMap((webhook) => findingsOf(webhook, callbackUrl));
  if (here.length > 0)
    return [`${here.length} of ${webhooks.length} webhooks at MessageMedia go to the stack`, ...findings];
  const none = 'Only messages with this callback_url have their events sent here.';
  const create = `npx mmw webhooks create --events all --stack ${stack}, unless every message has a callback_url.`;
  return [...findings, issue.info('webhooks', 'No webhook at MessageMedia goes to the stack', none, create)];
}

function findingsOf(webhook: RegisteredWebhook, callbackUrl: string): Finding[] {
  const { id, url } = webhook;
  const address = addressOf(url, callbackUrl);
  if (address.goes === 'elsewhere') {
    const title = `Webhook ${id} does not go to the stack`;
    return [issue.info('webhooks', title, `It goes to ${address.host}.`, 'Nothing, if that is what you want.')];
  }
  if (address.goes === 'nowhere') {
    const query = /\?[^#]*/.exec(url)?.[0] ?? '';
    const mend = `npx mmw webhooks update ${id} --url '${callbackUrl}${query}'`;
    return [issue.error('webhooks', `Webhook ${id} misses the stack`, `${url}: ${address.why}`, mend)];
  }
  return problemsOf(webhook).map(({ severity, events, what, mend }) =>
    // Its events arrive, but may not be recognised.
    issue[severity === 'info' ? 'info' : 'warning']('webhooks', `Webhook ${id} for ${events.join(', ')}`, what, mend),
  );
}
