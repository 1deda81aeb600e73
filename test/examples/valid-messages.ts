import { offload, startReceiver, webhooksOfEveryForm } from '../received.ts';
import { keyringOf, makeKey } from '../support.ts';

/** Messages that the real receiver made, and the keyring that verifies them. */
export interface ValidMessages {
  messages: readonly string[];
  keyring: string;
}

/** A message of every form: with its data, with its data elsewhere, and as reconciliation queues it. */
export async function validMessages(): Promise<ValidMessages> {
  const key = makeKey('SHA256');
  const receive = startReceiver(key);
  const messages: string[] = [];
  for (const webhook of Object.values(webhooksOfEveryForm('/messagemedia'))) {
    const { body: message } = await receive(webhook);
    messages.push(message, polled(message));
    if (webhook.body.length > 0) messages.push(offload(message, Buffer.from(webhook.body)).message);
  }
  return { messages, keyring: keyringOf(key, makeKey('SHA512')) };
}

function polled(message: string): string {
  return message
    .replace(/"mm(digest|requestline|date|signature|keyid)":"[^"]*",?/g, '')
    .replace('{', '{"mmorigin":"poll",');
}
