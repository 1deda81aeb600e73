import { randomUUID } from 'node:crypto';
import type { Diagnostics } from '../../lambda/keys/keyring-secret.ts';
import type { KeyringStore } from '../../lambda/keys/keyring-store.ts';

type Store = Pick<KeyringStore, 'updateDiagnostics'>;

/**
 * Lets running functions keep the next refused requests, in place of what was asked for before.
 *
 * @param count how many requests at most
 * @param minutes for how long at most
 */
export async function startCapture(
  keyring: Store,
  count: number,
  minutes: number,
): Promise<Required<Diagnostics>['capture']> {
  const until = new Date(Date.now() + minutes * 60_000).toISOString();
  const capture = { id: randomUUID(), count, until };
  await keyring.updateDiagnostics((diagnostics) => ({ ...diagnostics, capture }));
  return capture;
}

/** Lets them keep no more. */
export async function stopCapture(keyring: Store): Promise<void> {
  await keyring.updateDiagnostics(({ capture: _, ...others }) => others);
}
