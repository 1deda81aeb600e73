/** The keyring secret cannot be read, or holds no readable key, so no webhook can be verified with it. */
export class KeyringError extends Error {
  override readonly name = 'KeyringError';
}
