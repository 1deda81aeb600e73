import { createVerify, verify as rsaVerify } from 'node:crypto';
import { signedBytes, verify } from '../lambda/signature.ts';
import { toWire, type Webhook } from '../signing/sender.ts';
import { key, replyOf, smsReply } from './receivers.ts';
import { type Result, result } from './results.ts';
import { compare, measure } from './rounds.ts';

/** The check of one signature, by our code and by others. All have been called before, so that nothing is loaded. */
export async function measurePeers(rounds: number): Promise<Result[]> {
  const small = await measure(checksOf(smsReply), { rounds, times: 200 });
  const large = await measure(checksOf(replyOf(500_000)), { rounds, times: 4 });
  const [ours, node] = ['our check of a signature', "Node's with a ready key"];
  const sample = "the way of MessageMedia's Node sample";
  const ofLarge = 'our check with a body of 500 KB';
  return [
    result(ours, node, 1.05, compare(small.ours, small.node)),
    result(ours, sample, 1, compare(small.ours, small.sample)),
    result(ofLarge, sample, 1, compare(large.ours, large.sample)),
  ];
}

function checksOf(webhook: Webhook) {
  const { headers, method, target, body } = toWire(webhook, key);
  const request = { method, target, date: headers.date ?? '', body };
  const signature = headers['x-messagemedia-signature'] ?? '';
  const signatureBytes = Buffer.from(signature, 'base64');
  const bytes = signedBytes(request);
  const text = bytes.toString('utf8');
  const pem = key.publicKey.export({ type: 'spki', format: 'pem' });
  const checks = {
    ours: () => verify(request, signature, key.publicKey, 'SHA256'),
    node: () => rsaVerify('SHA256', bytes, key.publicKey, signatureBytes),
    // The sample has the key as PEM text, which Node parses anew for each check, and the signed bytes as a string.
    sample: () => createVerify('SHA256').update(text).verify(pem, signature, 'base64'),
  };
  for (const [name, check] of Object.entries(checks)) if (!check()) throw new Error(`${name} refused a good signature`);
  return checks;
}
