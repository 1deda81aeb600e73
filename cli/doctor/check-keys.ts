import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { parseKeyring } from '../../lambda/keys/keyring.ts';
import { writeEntries } from '../../lambda/keys/keyring-secret.ts';
import { createKeyringStore } from '../../lambda/keys/keyring-store.ts';
import type { Provider } from '../../lambda/messagemedia/client.ts';
import { watched } from '../aws.ts';
import { findProblems, listKeyRows } from '../keys/key-rows.ts';
import { type Finding, issue } from './report.ts';

/** Can the keyring be read, and is MessageMedia's enabled key in it? */
export async function checkKeys(stack: string, secretId: string, provider: Provider | undefined): Promise<Finding[]> {
  const keyring = createKeyringStore(watched(new SecretsManagerClient()), secretId);
  const entries = (await keyring.read()) ?? [];
  if (entries.length === 0) {
    const create = `npx mmw keys create --enable --stack ${stack}`;
    return [issue.error('keys', 'The keyring is empty', 'Every webhook is refused.', create)];
  }
  const { keys } = parseKeyring(writeEntries(entries));
  const readable = `Keyring: ${keys.length} of ${entries.length} keys can verify`;
  if (provider === undefined) {
    const missing = 'MESSAGEMEDIA_API_KEY and MESSAGEMEDIA_API_SECRET are not set.';
    return [
      readable,
      issue.info('keys', 'The keys at MessageMedia were not checked', missing, 'Set both, and run the command again.'),
    ];
  }
  const problems = await findProblems(await listKeyRows(provider, keyring), keyring);
  if (problems.length === 0) return [readable, 'The key that is enabled at MessageMedia is in the keyring'];
  return [
    readable,
    ...problems.map((problem) =>
      issue[problem.startsWith('The receiver warns') ? 'warning' : 'error'](
        'keys',
        'The keyring and the keys at MessageMedia do not match',
        problem,
        `npx mmw keys list --stack ${stack}`,
      ),
    ),
  ];
}
