import { outputs } from '../../lambda/stack-outputs.ts';
import { addressOf } from '../webhooks/webhook-content.ts';
import { problemsOf } from '../webhooks/webhook-problems.ts';
import { type Checkup, type Finding, problem } from './checkup.ts';

/** Do the webhooks that are registered, by whatever means, reach the stack, and with a body that can be read? */
export async function* checkWebhooks({ stack, output, provider }: Checkup): AsyncGenerator<Finding, void> {
  // That MessageMedia was not asked is told with the keys.
  if (provider === undefined) return;
  const callbackUrl = output(outputs.callbackUrl);
  const webhooks = await provider.listWebhooks();
  let here = 0;
  for (const webhook of webhooks) {
    const { id, url } = webhook;
    const address = addressOf(url, callbackUrl);
    if (address.goes === 'elsewhere') {
      const title = `Webhook ${id} does not go to the stack`;
      yield problem.info(title, `It goes to ${address.host}.`, 'Nothing, if that is what you want.');
    } else if (address.goes === 'nowhere') {
      const query = /\?[^#]*/.exec(url)?.[0] ?? '';
      const mend = `npx mmw webhooks update ${id} --url '${callbackUrl}${query}'`;
      yield problem.error(`Webhook ${id} misses the stack`, `${url}: ${address.why}`, mend);
    } else {
      here++;
      for (const { severity, events, what, mend } of problemsOf(webhook)) {
        // Its events arrive, but may not be recognised.
        const found = severity === 'info' ? problem.info : problem.warning;
        yield found(`Webhook ${id} for ${events.join(', ')}`, what, mend);
      }
    }
  }
  if (here > 0) return yield `${here} of ${webhooks.length} webhooks at MessageMedia go to the stack`;
  const none = 'Only messages with this callback_url have their events sent here.';
  const create = `npx mmw webhooks create --events all --stack ${stack}, unless every message has a callback_url.`;
  yield problem.info('No webhook at MessageMedia goes to the stack', none, create);
}
