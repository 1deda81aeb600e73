import { outputs } from '../../lambda/stack-outputs.ts';
import { addressProblem, problemsOf } from '../webhooks/webhook-problems.ts';
import { type Checkup, type Finding, problem } from './checkup.ts';

/** Do the webhooks that are registered, by whatever means, reach the stack, and with a body that can be read? */
export async function* checkWebhooks({ stack, output, provider }: Checkup): AsyncGenerator<Finding, void> {
  // That MessageMedia was not asked is told with the keys.
  if (provider === undefined) return;
  const callbackUrl = output(outputs.callbackUrl);
  const webhooks = await provider.listWebhooks();
  let here = 0;
  for (const webhook of webhooks) {
    const address = addressProblem(webhook, callbackUrl);
    if (address) yield problem[address.severity](`Webhook ${webhook.id} misses the stack`, address.what, address.mend);
    else {
      here++;
      for (const { severity, events, what, mend } of problemsOf(webhook)) {
        // Its events arrive, but may not be recognised.
        const found = severity === 'info' ? problem.info : problem.warning;
        yield found(`Webhook ${webhook.id} for ${events.join(', ')}`, what, mend);
      }
    }
  }
  if (here > 0) return yield `${here} of ${webhooks.length} webhooks at MessageMedia go to the stack`;
  const none = 'Only messages with this callback_url have their events sent here.';
  const create = `npx mmw webhooks create --events all --stack ${stack}, unless every message has a callback_url.`;
  yield problem.info('No webhook at MessageMedia goes to the stack', none, create);
}
