import type { Provider } from '../messagemedia/client.ts';
import type { KeyringStore } from './keyring-store.ts';

/** What a change of keys needs from outside. Times are milliseconds since the epoch. */
export interface KeyDependencies {
  provider: Pick<
    Provider,
    'getSignatureKey' | 'getEnabledSignatureKey' | 'enableSignatureKey' | 'disableSignatureKey' | 'deleteSignatureKey'
  >;
  keyring: KeyringStore;
  now: () => number;
  /** @param whole milliseconds to the end of the wait that this pause is a piece of, if it is one */
  pause: (milliseconds: number, whole?: number) => Promise<void>;
  /** Gets a message for each step, without key material. */
  log: (message: string) => void;
}
