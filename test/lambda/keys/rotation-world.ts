import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { KeyDependencies } from '../../../lambda/keys/key-changes.ts';
import { isTooLateFor, type VerificationKey } from '../../../lambda/keys/keyring.ts';
import { createKeyring, type KeyringCache } from '../../../lambda/keys/keyring-cache.ts';
import { createKeyringStore, type KeyringStore } from '../../../lambda/keys/keyring-store.ts';
import { createRotation, type Rotation } from '../../../lambda/keys/rotation.ts';
import { createProvider, type Provider } from '../../../lambda/messagemedia/client.ts';
import { verify } from '../../../lambda/signature.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalSecrets, startSecrets } from '../../../sandbox/aws/secrets.ts';
import { type ProviderSimulator, startProvider } from '../../../sandbox/messagemedia/server.ts';
import { type SigningKey, toWire } from '../../../signing/sender.ts';

const second = 1000;
const minute = 60 * second;

/**
 * MessageMedia, Secrets Manager and many verifiers around a rotation, with a simulated clock. Verifiers read the keyring
 * every five minutes, each at a different moment, and at no other time unless they are attentive. So they hold the oldest
 * keys that are possible.
 */
export class World {
  readonly provider: ProviderSimulator;
  readonly secrets: LocalSecrets;
  readonly api: Provider;
  readonly store: KeyringStore;
  readonly client: SecretsManagerClient;
  /** Log messages of the rotations. */
  readonly told: string[] = [];
  /** Pauses of rotations, and the end that each was said to lead to, in milliseconds. */
  readonly waits: { end: number; milliseconds: number }[] = [];
  /** Webhooks that did not verify, and when. */
  readonly failures: string[] = [];
  /** Verifiers read the keyring again if they do not know a key, as receivers do, and none reads slowly. */
  attentive = false;
  time = Date.UTC(2026, 10, 23, 9);
  private readonly verifiers: KeyringCache[];
  /** The values of the keyring, each with the time from which it was current. */
  private readonly values: { at: number; value: string }[] = [];
  private readonly verified = new WeakMap<VerificationKey, Map<string, boolean>>();
  /** The last webhook of each key. */
  private readonly signed = new Map<string, ReturnType<typeof sign>>();

  static async start(): Promise<World> {
    const [provider, secrets] = await Promise.all([startProvider({ modulusLength: 1024 }), startSecrets()]);
    secrets.put('keyring', '{"keys":[]}');
    return new World(provider, secrets);
  }

  private constructor(provider: ProviderSimulator, secrets: LocalSecrets) {
    this.provider = provider;
    this.secrets = secrets;
    this.api = createProvider({ baseUrl: provider.url, apiKey: provider.apiKey, apiSecret: provider.apiSecret });
    const client = new SecretsManagerClient({
      endpoint: secrets.url,
      region: 'us-east-1',
      credentials: localCredentials,
    });
    this.client = client;
    this.store = createKeyringStore(client, 'keyring', { pause: (milliseconds) => this.pass(milliseconds) });
    // One of them takes 20 seconds to read, so its value is older than it thinks.
    this.verifiers = [0, 0, 0, 0, 20 * second].map((delay) => this.newVerifier(delay));
  }

  private newVerifier(delay: number): KeyringCache {
    const load = async () => {
      const values = this.values.filter(({ at }) => at <= this.time - delay);
      return (delay > 0 ? values.at(-1)?.value : this.secrets.get('keyring')) ?? '{"keys":[]}';
    };
    return createKeyring({ load, now: () => this.time, warn: () => {} });
  }

  /** @param parts replace the real ones; `during` runs once, within the first wait */
  rotation(parts: Partial<Pick<World, 'api' | 'store'>> & { during?: () => Promise<void> } = {}): Rotation {
    return createRotation({ ...this.keys(parts), provider: parts.api ?? this.api, digest: 'SHA256' });
  }

  /** Dependencies for changing keys by hand. @param parts as for a rotation */
  keys(parts: Partial<Pick<World, 'api' | 'store'>> & { during?: () => Promise<void> } = {}): KeyDependencies {
    let { during } = parts;
    return {
      provider: parts.api ?? this.api,
      keyring: parts.store ?? this.store,
      now: () => this.time,
      pause: async (milliseconds, whole = milliseconds) => {
        const end = this.time + milliseconds;
        this.waits.push({ end: this.time + whole, milliseconds });
        const deed = during;
        during = undefined;
        await deed?.();
        await this.pass(Math.max(0, end - this.time));
      },
      log: (message) => this.told.push(message),
    };
  }

  /** Lets time pass, with a webhook to every verifier now and then. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    while (this.time < end) {
      this.time = Math.min(end, this.time + 29 * second);
      await this.check();
    }
  }

  /** Every verifier gets a webhook signed now, and a retry of the last one that each key signed in the two hours before. */
  async check(): Promise<void> {
    const value = this.secrets.get('keyring') ?? '';
    if (this.values.at(-1)?.value !== value) this.values.push({ at: this.time, value });
    const current = this.provider.signingKey();
    if (current) this.signed.set(current.id, sign(current, this.time));
    const due = [...this.signed].filter(([, { at }]) => this.time - at <= 120 * minute);
    for (const [index, verifier] of this.verifiers.entries()) {
      // Verifiers begin their five minutes a minute apart, so that they never read at the same moment.
      if (Math.floor(this.time / minute) % 5 < index && this.time < Date.UTC(2026, 10, 23, 9, 5)) continue;
      const held = await verifier.keys();
      for (const [keyId, { at, digest, parts, signature }] of due) {
        const isGood = (keys: readonly VerificationKey[]) =>
          keys.some(
            (key) => key.id === keyId && !isTooLateFor(key, at) && this.verifies(key, { parts, signature, digest }),
          );
        if (isGood(held) || (this.attentive && isGood((await verifier.newerThan(held)) ?? []))) continue;
        if (index < 4 || !this.attentive)
          this.failures.push(`key ${keyId} at ${new Date(this.time).toISOString()}, verifier ${index}`);
      }
    }
  }

  /** Retries are the same to the byte, so a key that a verifier holds checks each only once. */
  private verifies(key: VerificationKey, { parts, signature, digest }: Omit<ReturnType<typeof sign>, 'at'>): boolean {
    const known = this.verified.get(key) ?? new Map<string, boolean>();
    this.verified.set(key, known);
    const isGood = known.get(signature) ?? verify(parts, signature, key.key, digest);
    known.set(signature, isGood);
    return isGood;
  }

  async close(): Promise<void> {
    await Promise.all([this.provider.close(), this.secrets.close()]);
  }
}

function sign(key: SigningKey, at: number) {
  const { method, target, headers, body } = toWire({ method: 'POST', target: '/', body: '{}' }, key, new Date(at));
  const parts = { method, target, date: headers.date ?? '', body };
  return { at, digest: key.digest, parts, signature: headers['x-messagemedia-signature'] ?? '' };
}
