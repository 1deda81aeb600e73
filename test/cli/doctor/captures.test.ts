import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startCapturing, stopCapturing } from '../../../cli/doctor/captures.ts';
import { createKeyringStore, type KeyringStore } from '../../../lambda/keys/keyring-store.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalSecrets, startSecrets } from '../../../sandbox/aws/secrets.ts';
import { makeKey } from '../../support.ts';

let secrets: LocalSecrets;
let keyring: KeyringStore;
beforeAll(async () => {
  secrets = await startSecrets();
  const options = { endpoint: secrets.url, region: 'us-east-1', credentials: localCredentials };
  keyring = createKeyringStore(new SecretsManagerClient(options), 'keyring');
});
afterAll(() => secrets.close());

test('a capture is asked for beside keys and probe, replaced by another, and stopped alone', async () => {
  const probe = { key_id: 'p', public_key: 'AAAA', digest: 'SHA256', until: '2099-01-01T00:00:00.000Z' };
  const keys = [makeKey().answer];
  secrets.put('keyring', JSON.stringify({ keys, probe }));
  const before = Date.now();
  const first = await startCapturing(keyring, 5, 10);
  expect(first).toMatchObject({ count: 5 });
  const lasts = Date.parse(first.until) - 10 * 60_000;
  expect(lasts).toBeGreaterThanOrEqual(before);
  expect(lasts).toBeLessThanOrEqual(Date.now());
  expect(await keyring.readDiagnostics()).toEqual({ probe, capture: first });
  const second = await startCapturing(keyring, 1, 1);
  expect(second.id).not.toBe(first.id);
  expect(await keyring.readDiagnostics()).toEqual({ probe, capture: second });
  await stopCapturing(keyring);
  expect(await keyring.readDiagnostics()).toEqual({ probe });
  expect(await keyring.read()).toEqual(keys);
});
