import { createPublicKey } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { CreatedSignatureKey } from '../../../lambda/messagemedia/types.ts';
import { type Digest, verify } from '../../../lambda/signature.ts';
import { listen, readBody } from '../../../sandbox/http.ts';
import {
  type ProviderSimulator,
  type ProviderSimulatorOptions,
  startProvider,
} from '../../../sandbox/messagemedia/server.ts';

/** A webhook as it arrived. */
export interface Caught {
  method: string;
  target: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** Receives webhooks in tests. It keeps them, and answers 200 unless `answers` holds another answer for the next one. */
export async function startCatcher() {
  const caught: Caught[] = [];
  const answers: (number | 'hang' | 'reset' | Promise<number>)[] = [];
  const listener: RequestListener = async (request, response) => {
    const { method = '', url = '', headers } = request;
    caught.push({ method, target: url, headers, body: (await readBody(request)) ?? Buffer.alloc(0) });
    const answer = await (answers.shift() ?? 200);
    if (answer === 'reset') response.socket?.resetAndDestroy();
    else if (answer !== 'hang') response.writeHead(answer).end();
  };
  return { ...(await listen(0, listener)), caught, answers };
}
export type Catcher = Awaited<ReturnType<typeof startCatcher>>;

/** Creates a key in the simulator. @returns the answer, the only one with the public key */
export async function createKey(provider: ProviderSimulator, digest: Digest = 'SHA256'): Promise<CreatedSignatureKey> {
  return (await api(provider, 'POST /v1/iam/signature_keys', { digest, cipher: 'RSA' })).body;
}

/** Creates a key and signs with it from now on. */
export async function enableNewKey(provider: ProviderSimulator, digest?: Digest): Promise<CreatedSignatureKey> {
  const key = await createKey(provider, digest);
  await api(provider, 'PATCH /v1/iam/signature_keys/enabled', { key_id: key.key_id });
  return key;
}

/** Whether a webhook was signed with this key, as its headers say. */
export function isSignedWith(key: CreatedSignatureKey, { method, target, headers, body }: Caught): boolean {
  const publicKey = createPublicKey({ key: Buffer.from(key.public_key, 'base64'), format: 'der', type: 'spki' });
  const { date = '', 'x-messagemedia-signature': signature } = headers;
  return (
    headers['x-messagemedia-key-id'] === key.key_id &&
    headers['x-messagemedia-digest-type'] === key.digest &&
    headers['x-messagemedia-cipher-type'] === 'RSA' &&
    verify({ method, target, date, body }, String(signature), publicKey, key.digest)
  );
}

/** A simulator with small keys, whose seconds last a millisecond. */
export function startSimulator(options: ProviderSimulatorOptions = {}): Promise<ProviderSimulator> {
  return startProvider({ modulusLength: 1024, secondMilliseconds: 1, ...options });
}

/** One call of the simulated API as plain HTTP. @returns the status, and the body if there is one, parsed if it is JSON */
export async function api(
  { url, apiKey, apiSecret }: ProviderSimulator,
  call: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const [method = '', path = ''] = call.split(' ');
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Basic ${btoa(`${apiKey}:${apiSecret}`)}`, ...headers },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return { status: response.status, body: text === '' ? undefined : isJson ? JSON.parse(text) : text };
}
