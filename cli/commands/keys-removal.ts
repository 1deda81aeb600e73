import { deleteKey, disableKey } from '../../lambda/keys/key-changes.ts';
import { expectForgettable, forgetKey } from '../../lambda/keys/manual-changes.ts';
import { print } from '../../terminal/output.ts';
import { confirm } from '../../terminal/question.ts';
import { connectProvider, findKeyring } from '../connections.ts';
import { connectKeys, type KeyOptions } from '../keys/key-connection.ts';
import { findKeyRow } from '../keys/key-rows.ts';

type Options = KeyOptions<{ yes?: boolean }>;

export async function disableKeyCommand(options: Options): Promise<void> {
  const provider = connectProvider(options);
  const keyring = await findKeyring(options);
  const enabled = await provider.getEnabledSignatureKey();
  if (enabled) {
    await confirm(`Disable key ${enabled.key_id}? Webhooks will then arrive unsigned and be refused.`, options);
    await disableKey({ provider, keyring, now: Date.now }, enabled.key_id);
  }
  print(
    options.json,
    { disabled: enabled?.key_id ?? null },
    enabled
      ? `Key ${enabled.key_id} is disabled. To enable it again: mmw keys enable ${enabled.key_id}`
      : 'No key was enabled.',
  );
}

export async function deleteKeyCommand(keyId: string, options: Options): Promise<void> {
  const { dependencies, provider, keyring } = await connectKeys(options);
  const key = await findKeyRow(provider, keyring, keyId);
  const consequence = key.enabled
    ? 'It is enabled: webhooks will then arrive unsigned and be refused.'
    : 'It can never be enabled again.';
  await confirm(`Delete key ${keyId}? ${consequence}`, options);
  // Somebody else may have enabled it before the answer. The question was about a key that is not enabled.
  await deleteKey(dependencies, key.key_id, { evenEnabled: key.enabled });
  const isRemembered = key.keyring !== 'no';
  const memory = isRemembered ? ' Its public key stays in the keyring, to verify what it signed.' : '';
  print(options.json, { deleted: key.key_id }, `Key ${key.key_id} is deleted at MessageMedia.${memory}`);
}

export async function forgetKeyCommand(keyId: string, options: Options): Promise<void> {
  const { dependencies } = await connectKeys(options);
  await expectForgettable(dependencies, keyId);
  const question = `Forget key ${keyId}? Nothing that it signed can be verified any more, and its public key cannot be fetched again.`;
  await confirm(question, options);
  await forgetKey(dependencies, keyId);
  print(options.json, { forgotten: keyId }, `Key ${keyId} is no longer in the keyring.`);
}
