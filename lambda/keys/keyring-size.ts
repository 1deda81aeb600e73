import type { Diagnostics } from './diagnostics.ts';
import { isDeleted, type KeyringEntry, writeEntries } from './keyring-secret.ts';

/** Largest secret of Secrets Manager, in bytes. */
export const maxSecretBytes = 65_536;

/** From this size on there is a warning that the keyring fills up. */
const crowdedBytes = 0.8 * maxSecretBytes;

/** A keyring secret that fits, and what an operator should know of it. */
export interface FittingSecret {
  secret: string;
  warnings: string[];
}

/**
 * Writes entries as a secret that Secrets Manager takes. If they do not fit, a probe and a capture end first. Then keys that
 * were deleted at MessageMedia are dropped, those deleted longest ago first.
 *
 * @throws {Error} when no deleted key is left to drop
 */
export function fitEntries(entries: readonly KeyringEntry[], diagnostics: Diagnostics = {}): FittingSecret {
  const whole = writeEntries(entries, diagnostics);
  if (bytesOf(whole) <= maxSecretBytes) return fitting(whole, []);
  const names = Object.keys(diagnostics);
  const ended = names.length > 0 ? [`the keyring is full: ${names.join(' and ')} ended, to keep its keys`] : [];
  const remembered = entries.filter(isDeleted).sort((one, other) => deletedAt(one) - deletedAt(other));
  const forgotten = new Set<KeyringEntry>();
  let secret = writeEntries(entries);
  while (bytesOf(secret) > maxSecretBytes) {
    const oldest = remembered.shift();
    if (oldest === undefined) throw tooLarge(secret);
    forgotten.add(oldest);
    secret = writeEntries(entries.filter((entry) => !forgotten.has(entry)));
  }
  const dropped = [...forgotten].map(
    ({ key_id, deleted_at }) =>
      `the keyring is full: key ${key_id}, deleted ${deleted_at}, was dropped, and nothing that it signed verifies any more`,
  );
  return fitting(secret, [...ended, ...dropped]);
}

/**
 * Writes a probe or a capture beside entries that stay as they are.
 *
 * @throws {Error} when they do not fit, because no key is worth less than a probe
 */
export function fitDiagnostics(entries: readonly KeyringEntry[], diagnostics: Diagnostics): FittingSecret {
  const secret = writeEntries(entries, diagnostics);
  if (bytesOf(secret) <= maxSecretBytes) return fitting(secret, []);
  throw new Error(
    `The keyring has no room for a probe or a capture: it would have ${bytesOf(secret)} bytes, and a secret holds ${maxSecretBytes}. Remove a deleted key with "mmw keys forget"`,
  );
}

function fitting(secret: string, warnings: string[]): FittingSecret {
  const bytes = bytesOf(secret);
  // Stryker disable next-line EqualityOperator: four fifths of a secret are no whole number of bytes.
  if (bytes > crowdedBytes) {
    warnings.push(`the keyring has ${bytes} of the ${maxSecretBytes} bytes of a secret: see "mmw keys forget"`);
  }
  return { secret, warnings };
}

function tooLarge(secret: string): Error {
  const size = `The keyring would have ${bytesOf(secret)} bytes, and a secret holds ${maxSecretBytes}`;
  return new Error(
    `${size}. None of its keys is deleted, so none was dropped: delete keys that are not in use with "mmw keys delete"`,
  );
}

/** A key whose time cannot be read is dropped last. */
function deletedAt({ deleted_at }: KeyringEntry): number {
  const time = Date.parse(String(deleted_at));
  return Number.isNaN(time) ? Number.MAX_VALUE : time;
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}
