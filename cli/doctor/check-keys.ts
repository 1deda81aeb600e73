import type { Provider } from '../../lambda/messagemedia/client.ts';
import { counted } from '../../terminal/text.ts';
import { connectKeyringOf } from '../connections.ts';
import { findProblems, listKeyRows } from '../keys/key-rows.ts';
import { type KeyringVersion, readVersion } from '../keys/restore.ts';
import { connectSecrets } from '../places.ts';
import { type Finding, type Issue, issue } from './report.ts';

/** Can the keyring be read, and is MessageMedia's enabled key in it? */
export async function checkKeys(stack: string, secretId: string, provider: Provider | undefined): Promise<Finding[]> {
  const client = connectSecrets(secretId);
  const current = await readVersion(client, secretId, 'AWSCURRENT');
  if (current === undefined || current.broken > 0 || current.keys.length === 0) {
    const before = await readVersion(client, secretId, 'AWSPREVIOUS');
    const problem = unusable(stack, current, before?.keys ?? []);
    if (current === undefined || current.keys.length === 0) return [problem];
    return [problem, ...(await compare(stack, secretId, provider))];
  }
  return [`Keyring: ${counted(current.keys.length, 'key')} can verify`, ...(await compare(stack, secretId, provider))];
}

/** The last good version comes first, because a command that writes another pushes it out. */
function unusable(stack: string, current: KeyringVersion | undefined, before: readonly string[]): Issue {
  const restore = `npx mmw keys restore --stack ${stack}`;
  const create = `npx mmw keys create --enable --stack ${stack}`;
  const previous = `The version before (AWSPREVIOUS) has ${counted(before.length, 'key')}.`;
  if (current === undefined || (current.broken === 0 && before.length === 0)) {
    return issue.error('keys', 'The keyring is empty', 'Every webhook is refused.', create);
  }
  if (current.broken === 0) {
    return issue.error('keys', 'The keyring is empty', `Every webhook is refused. ${previous}`, restore);
  }
  const { broken, keys } = current;
  if (keys.length > 0) {
    const what = `${broken} of ${broken + keys.length} keys cannot be read: what they sign is refused. ${previous}`;
    return issue.error('keys', 'The keyring has keys that cannot be read', what, restore);
  }
  const what = `Functions that run go on with the keys that they have; new ones refuse every webhook. ${previous}`;
  return issue.error('keys', 'The keyring cannot be read', what, restore);
}

/** Is MessageMedia's enabled key in the keyring? */
async function compare(stack: string, secretId: string, provider: Provider | undefined): Promise<Finding[]> {
  if (provider === undefined) {
    const missing = 'MESSAGEMEDIA_API_KEY and MESSAGEMEDIA_API_SECRET are not set.';
    return [
      issue.info('keys', 'The keys at MessageMedia were not checked', missing, 'Set both, and run the command again.'),
    ];
  }
  const keyring = connectKeyringOf(secretId);
  const problems = await findProblems(await listKeyRows(provider, keyring), keyring);
  if (problems.length === 0) return ['The key that is enabled at MessageMedia is in the keyring'];
  return problems.map((problem) =>
    issue[/^The (receiver warns|keyring has)/.test(problem) ? 'warning' : 'error'](
      'keys',
      'The keyring and the keys at MessageMedia do not match',
      problem,
      `npx mmw keys list --stack ${stack}`,
    ),
  );
}
