import { generateKeyPair, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyringStore } from '../../lambda/keys/keyring-store.ts';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { type DeliveryAnswer, deliver, type SigningKey, toWire } from '../../signing/sender.ts';
import { progress } from '../../terminal/output.ts';
import { pause, watch } from '../../terminal/waiting.ts';

/**
 * Calls `use` with a key that the deployed function knows as a probe key. Requests signed with it are verified, answered
 * with 200, and never queued. The private key is created here and never stored. The public key is removed from the
 * keyring secret afterwards, and expires in any case.
 *
 * @param minutes after which the key expires
 */
export async function withProbeKey<T>(
  keyring: KeyringStore,
  minutes: number,
  use: (key: SigningKey) => Promise<T>,
): Promise<T> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const id = randomUUID();
  const public_key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const until = new Date(Date.now() + minutes * 60_000).toISOString();
  const probe = { key_id: id, public_key, digest: 'SHA256', until };
  await keyring.updateDiagnostics((diagnostics) => ({ ...diagnostics, probe }));
  try {
    return await use({ id, digest: 'SHA256', privateKey });
  } finally {
    // The key of a probe that somebody else started in the meantime stays.
    await keyring.updateDiagnostics((diagnostics) => {
      const { probe: theirs, ...others } = diagnostics;
      return theirs?.key_id === id ? others : diagnostics;
    });
  }
}

/** In milliseconds. A running function reads the keyring again at most every 3 s. */
const pauseBetweenProbes = 4_000;
const mostProbes = 4;
/** How long a probe may take, in milliseconds. */
const longestProbe = 25_000;

/**
 * Sends a signed reply with a query to a callback URL, up to four times, until it is verified.
 *
 * @returns `undefined` once it was verified, else the last answer
 */
export async function probe(url: string, key: SigningKey): Promise<DeliveryAnswer | undefined> {
  const { origin, pathname } = new URL(url);
  const webhook = { ...sampleWebhooks(pathname).smsReply, target: `${pathname}?probe=a%20b&c=%2F` };
  for (let tries = 1; ; tries++) {
    const delivery = deliver(origin, toWire(webhook, key), AbortSignal.timeout(longestProbe));
    const answer = await watch(`The probe to ${url} is not answered after 2 s`, longestProbe, delivery);
    if (answer.status === 200 && answer.body.includes('"probe":"verified"')) return undefined;
    if (answer.status !== 401 || tries === mostProbes) return answer;
    progress(`Probe ${tries} of ${mostProbes} was refused: a function that runs already may not know its key yet.`);
    await pause(pauseBetweenProbes);
  }
}
