import type { KeyDependencies } from '../../../lambda/keys/key-changes.ts';
import { isTooLateFor, type VerificationKey } from '../../../lambda/keys/keyring.ts';
import { createKeyring, type KeyringCache } from '../../../lambda/keys/keyring-cache.ts';
import { writeEntries } from '../../../lambda/keys/keyring-secret.ts';
import { createRotation, type Rotation, type RotationDependencies } from '../../../lambda/keys/rotation.ts';
import { verify } from '../../../lambda/signature.ts';
import { type SigningKey, toWire } from '../../../signing/sender.ts';
import { ModelKeyring } from '../model-keyring.ts';
import { ModelProvider } from '../model-provider.ts';

const second = 1000;
const minute = 60 * second;

/** What replaces a real part of a rotation; `during` runs once, within the first wait. */
type Parts = Partial<Pick<RotationDependencies, 'provider' | 'keyring'>> & { during?: () => Promise<unknown> };

/**
 * MessageMedia, a keyring and many verifiers around a rotation, with a simulated clock. Verifiers read the keyring every
 * five minutes, each at a different moment, and at no other time. So they hold the oldest keys that are possible.
 */
export class World {
  time = Date.UTC(2026, 10, 23, 9);
  readonly provider = new ModelProvider(() => this.time);
  readonly api = this.provider.api;
  readonly store = new ModelKeyring();
  /** Log messages of the rotations. */
  readonly told: string[] = [];
  /** Webhooks that did not verify, and when. */
  readonly failures: string[] = [];
  /** One of them takes 20 seconds to read, so its value is older than it thinks. */
  private readonly verifiers = [0, 0, 0, 0, 20 * second].map((delay) => this.newVerifier(delay));
  /** The values of the keyring, each with the time from which it was current. */
  private readonly values: { at: number; value: string }[] = [];
  private readonly verified = new WeakMap<VerificationKey, Map<string, boolean>>();
  /** The last webhook of each key. */
  private readonly signed = new Map<string, ReturnType<typeof sign>>();

  private newVerifier(delay: number): KeyringCache {
    const load = async () =>
      this.values.findLast(({ at }) => at <= this.time - delay)?.value ??
      writeEntries(delay > 0 ? [] : this.store.entries);
    return createKeyring({ load, now: () => this.time, warn: () => {} });
  }

  rotation(parts: Parts = {}): Rotation {
    return createRotation({ ...this.keys(parts), provider: parts.provider ?? this.api, digest: 'SHA256' });
  }

  /** Dependencies for changing keys by hand. */
  keys({ provider = this.api, keyring = this.store, during }: Parts = {}): KeyDependencies {
    let deed = during;
    const pause = async (milliseconds: number) => {
      const now = deed;
      deed = undefined;
      await now?.();
      await this.pass(milliseconds);
    };
    return { provider, keyring, now: () => this.time, pause, log: (message) => this.told.push(message) };
  }

  /** Lets time pass, with a webhook to every verifier now and then. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    while (this.time < end) {
      this.time = Math.min(end, this.time + 29 * second);
      await this.check();
    }
  }

  /** Every verifier gets a webhook signed in the last minute, and a retry of the last one that each key signed in the two hours before. */
  async check(): Promise<void> {
    const value = writeEntries(this.store.entries);
    if (this.values.at(-1)?.value !== value) this.values.push({ at: this.time, value });
    const current = this.provider.signingKey();
    const last = current && this.signed.get(current.id);
    if (current && !(last && this.time - last.at < minute)) this.signed.set(current.id, sign(current, this.time));
    const due = [...this.signed].filter(([, { at }]) => this.time - at <= 120 * minute);
    for (const [index, verifier] of this.verifiers.entries()) {
      // Verifiers begin their five minutes a minute apart, so that they never read at the same moment.
      if (Math.floor(this.time / minute) % 5 < index && this.time < Date.UTC(2026, 10, 23, 9, 5)) continue;
      const held = await verifier.keys();
      for (const [keyId, webhook] of due) {
        const isGood = held.some(
          (key) => key.id === keyId && !isTooLateFor(key, webhook.at) && this.verifies(key, webhook),
        );
        if (!isGood) this.failures.push(`key ${keyId} at ${new Date(this.time).toISOString()}, verifier ${index}`);
      }
    }
  }

  /** Retries are the same to the byte, so a key that a verifier holds checks each only once. */
  private verifies(key: VerificationKey, { parts, signature, digest }: ReturnType<typeof sign>): boolean {
    const known = this.verified.get(key) ?? new Map<string, boolean>();
    this.verified.set(key, known);
    const isGood = known.get(signature) ?? verify(parts, signature, key.key, digest);
    known.set(signature, isGood);
    return isGood;
  }
}

function sign(key: SigningKey, at: number) {
  const { method, target, headers, body } = toWire({ method: 'POST', target: '/', body: '{}' }, key, new Date(at));
  const parts = { method, target, date: headers.date ?? '', body };
  return { at, digest: key.digest, parts, signature: headers['x-messagemedia-signature'] ?? '' };
}
