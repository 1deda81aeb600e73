import { offload, startReceiver, webhooksOfEveryForm } from '../received.ts';
import { keyringOf, makeKey } from '../support.ts';

/** Prints the receiver's message for a webhook of every form, for consumers in other languages to read. */
const key = makeKey();
const receive = startReceiver(key);

const events = [];
for (const [form, webhook] of Object.entries(webhooksOfEveryForm('/messagemedia'))) {
  const body = Buffer.from(webhook.body);
  const { body: message } = await receive(webhook);
  const pointer = body.length > 0 ? offload(message, body).message : null;
  events.push({ form, body: body.toString('base64'), message, pointer });
}
console.log(JSON.stringify({ keyring: keyringOf(key), events }));
