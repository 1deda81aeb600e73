import { randomUUID } from 'node:crypto';
import { startProvider } from '../../sandbox/messagemedia/server.ts';
import { withFreshIds } from '../../signing/sample-webhooks.ts';
import { type SigningKey, toWire, type Webhook, type WireRequest } from '../../signing/sender.ts';
import { untilArchived, untilKeysArchived } from './archive.ts';
import type { Run } from './proof.ts';
import { limit, mms, replyOf } from './proofs/large.ts';
import { rotate } from './rotate.ts';
import { putKeys, readKeys } from './secret.ts';
import { expectAccepted, keyringInterval, samples } from './webhooks.ts';

/** An hour that has passed, with webhooks of every kind, and a rotation in its middle. Nothing else was signed in it. */
export interface ArchivedHour {
  /** Options of `mmw archive` that select when its webhooks arrived. Others arrived then too. */
  range: readonly string[];
  /** The secret's value at its end. */
  keyring: string;
  /** Ids of the keys before and after the rotation, and how many webhooks each signed. */
  signed: readonly { keyId: string; webhooks: number }[];
  /** Ids of the events, each once. */
  ids: readonly string[];
  /** Events from and to the phone of the samples. */
  ofPhone: readonly string[];
  /** An event whose data is too large for the queue. */
  large: string;
  /** Events about one message. */
  ofMessage: readonly string[];
}

/** The phone that answers in the samples. */
export const phone = '+61491570157';

/** Signs and sends webhooks as if it were three hours ago, and waits until they and the keys are in the archive. */
export async function fillHour(run: Run): Promise<ArchivedHour> {
  const from = Math.floor(Date.now() / 1_000) * 1_000 - 3 * 3_600_000;
  const at = (minute: number) => new Date(from + minute * 60_000);
  const send = async (webhook: Webhook, key: SigningKey, minute: number) =>
    expectAccepted(run, toWire(webhook, key, at(minute)));
  const { deliveryReport, smsReply, mmsReply, optOut, xml, form, get } = samples(run);
  const message_id = randomUUID();
  const provider = await startProvider();
  try {
    const before = await rotate(run, provider);
    await keyringInterval();
    const repeated: WireRequest = toWire(about(message_id, deliveryReport), before, at(10));
    const second = await expectAccepted(run, repeated);
    await expectAccepted(run, repeated);
    const first = await send(about(message_id, deliveryReport), before, 5);
    const third = await send(about(message_id, smsReply), before, 20);
    const others: string[] = [];
    for (const webhook of [withFreshIds(mmsReply), withFreshIds(optOut), xml, form, get]) {
      others.push(await send(webhook, before, 25));
    }
    const large = await expectAccepted(run, mms(run, 1_000_000, before, at(30)));
    const whole = await expectAccepted(run, replyOf(run, limit, before, at(30)));

    const after = await rotate(run, provider);
    await keyringInterval();
    const fourth = await send(about(message_id, withLineBreaks(deliveryReport)), after, 40);
    const last = await send(withFreshIds(optOut), after, 59);

    const ids = [second, first, third, ...others, large, whole, fourth, last];
    await untilArchived(run, ids);
    await untilKeysArchived(run);
    return {
      range: ['--from', '3h'],
      keyring: (await readKeys(run)).keyring,
      signed: [
        { keyId: before.id, webhooks: ids.length - 2 },
        { keyId: after.id, webhooks: 2 },
      ],
      ids,
      ofPhone: [third, ...others, large, last],
      large,
      ofMessage: [second, first, third, fourth],
    };
  } finally {
    await provider.close();
    // The following proofs expect this.
    await putKeys(run, run.firstKey, run.secondKey);
  }
}

/** A new event about this message. */
function about(message_id: string, webhook: Webhook): Webhook {
  const { body, ...request } = withFreshIds(webhook);
  return { ...request, body: String(body).replace(/("message_id":\s*)"[^"]*"/, `$1"${message_id}"`) };
}

/** The same JSON on many lines, which the archive has in one. */
function withLineBreaks(webhook: Webhook): Webhook {
  return { ...webhook, body: JSON.stringify(JSON.parse(String(webhook.body)), undefined, 2) };
}
