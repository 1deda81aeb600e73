import { generateKeyPairSync, randomUUID, sign as rsaSign } from 'node:crypto';
import type { Cause } from '../diagnosis/causes.ts';
import { signatureHeaders } from '../lambda/contract.ts';
import { type SigningKey, toWire, type Webhook, type WireRequest } from '../signing/sender.ts';
import { breaks } from './breakages.ts';

/** A way to send a webhook that is refused, and the cause that the doctor must find. */
export interface BadSender {
  name: string;
  cause: Cause;
  /** @returns `undefined` if the webhook would arrive unchanged */
  write: (webhook: Webhook, key: SigningKey) => WireRequest | undefined;
}

const hour = 3_600_000;
/** The key's id with another private key. */
export const stranger = (key: SigningKey): SigningKey => ({
  ...key,
  privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
});

/** The request with a signature over other bytes than MessageMedia signs. */
function signedOver(bytesOf: (line: string, date: string, body: Buffer) => (string | Buffer)[]): BadSender['write'] {
  return (webhook, key) => {
    const wire = toWire(webhook, key);
    const parts = bytesOf(`${wire.method} ${wire.target} HTTP/1.1`, wire.headers.date ?? '', wire.body);
    const bytes = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
    const signature = rsaSign(key.digest, bytes, key.privateKey).toString('base64');
    return { ...wire, headers: { ...wire.headers, [signatureHeaders.signature]: signature } };
  };
}

const late = (hours: number) => new Date(Date.now() + hours * hour);

/** The ways that have nothing to do with the path between sender and receiver. */
const senders: readonly [name: string, cause: Cause, write: BadSender['write']][] = [
  ['no signature at all', 'unsigned', (webhook) => toWire(webhook, undefined)],
  ["a stranger's key", 'forged', (webhook, key) => toWire(webhook, stranger(key))],
  [
    'a key that is not in the keyring',
    'key_not_in_keyring',
    (webhook, key) => toWire(webhook, { ...stranger(key), id: randomUUID() }),
  ],
  ['two days late', 'late', (webhook, key) => toWire(webhook, key, late(-48))],
  ['a clock two hours ahead', 'clock', (webhook, key) => toWire(webhook, key, late(2))],
  ['signed over the body alone', 'body_alone', signedOver((_line, _date, body) => [body])],
  [
    'signed over "POST / HTTP/1.1"',
    'fixed_request_line',
    signedOver((line, date, body) => [line.replace(/ \S+ /, ' / '), date, body]),
  ],
  ['signed without the Date', 'no_date', signedOver((line, _date, body) => [line, body])],
  [
    'line breaks between the signed parts',
    'separators',
    signedOver((line, date, body) => [`${line}\n${date}\n`, body]),
  ],
];

/** The cause for a break of the path, if the signed path changes and not the called one. */
const inverse: Partial<Record<Cause, Cause>> = { path_prefix_added: 'path_prefix_removed' };

/** The gateway reads the body of these as text, so bytes that are not UTF-8 are lost and nobody can find them out. */
const lostInTheGateway: readonly string[] = ['compressed', 'read as UTF-8, written as Latin-1'];

/**
 * The breaks between sender and receiver. The gateway has a route for only one path. So if a break changes the path, the
 * changed path is signed and the right one is called.
 */
const broken: readonly BadSender[] = breaks.map(([name, cause, change]) => ({
  name,
  cause: lostInTheGateway.includes(name) ? 'other_bytes' : (inverse[cause] ?? cause),
  write: (webhook, key) => {
    const good = toWire(webhook, key);
    const bad = change(good);
    if (pathOf(bad.target) !== pathOf(good.target)) {
      const { headers, ...signed } = toWire({ ...webhook, target: bad.target }, key);
      // A proxy passes on the host name under which it was called.
      const host = /^https?:\/\/([^/]+)/.exec(bad.target)?.[1];
      return { ...signed, headers: { ...headers, ...(host && { 'x-forwarded-host': host }) }, target: good.target };
    }
    return JSON.stringify(bad) === JSON.stringify(good) ? undefined : bad;
  },
}));

export const badSenders: readonly BadSender[] = [
  ...senders.map(([name, cause, write]) => ({ name, cause, write })),
  ...broken,
];

function pathOf(target: string): string {
  return target.replace(/\?.*/s, '');
}
