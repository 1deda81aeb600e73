import { outputs } from '../../lambda/stack-outputs.ts';
import { counted } from '../../terminal/text.ts';
import { connectKeyringOf } from '../connections.ts';
import { compareKeys } from '../keys/key-rows.ts';
import { readVersion } from '../keys/restore.ts';
import { connectSecrets } from '../places.ts';
import { type Checkup, type Finding, type Problem, problem } from './checkup.ts';

/** Can the keyring be read, and is MessageMedia's enabled key in it? */
export async function* checkKeys({ stack, output, provider }: Checkup): AsyncGenerator<Finding, void> {
  const secretId = output(outputs.keyringSecretArn);
  const client = connectSecrets(secretId);
  const { broken, keys } = (await readVersion(client, secretId, 'AWSCURRENT')) ?? { broken: 0, keys: [] };
  if (broken === 0 && keys.length > 0) yield `Keyring: ${counted(keys.length, 'key')} can verify`;
  else {
    const before = await readVersion(client, secretId, 'AWSPREVIOUS');
    yield unusable(stack, broken, keys.length, before?.keys.length ?? 0);
    if (keys.length === 0) return;
  }
  if (provider === undefined) {
    const missing = 'MESSAGEMEDIA_API_KEY and MESSAGEMEDIA_API_SECRET are not set.';
    const mend = 'Set both, and run the command again.';
    return yield problem.info('The keys at MessageMedia were not checked', missing, mend);
  }
  const { refusal, warnings } = await compareKeys(provider, connectKeyringOf(secretId));
  const title = 'The keyring and the keys at MessageMedia do not match';
  const list = `npx mmw keys list --stack ${stack}`;
  if (refusal !== undefined) yield problem.error(title, refusal, list);
  for (const warning of warnings) yield problem.warning(title, warning, list);
  if (refusal === undefined && warnings.length === 0) yield 'The key that is enabled at MessageMedia is in the keyring';
}

/** The last good version is named first, because a command that writes another pushes it out. */
function unusable(stack: string, broken: number, readable: number, before: number): Problem {
  const restore = `npx mmw keys restore --stack ${stack}`;
  const create = `npx mmw keys create --enable --stack ${stack}`;
  const previous = `The version before (AWSPREVIOUS) has ${counted(before, 'key')}.`;
  if (broken === 0) {
    const mend = before === 0 ? create : restore;
    return problem.error('The keyring is empty', `Every webhook is refused. ${previous}`, mend);
  }
  if (readable > 0) {
    const what = `${broken} of ${broken + readable} keys cannot be read: what they sign is refused. ${previous}`;
    return problem.error('The keyring has keys that cannot be read', what, restore);
  }
  const what = `Functions that run go on with the keys that they have; new ones refuse every webhook. ${previous}`;
  return problem.error('The keyring cannot be read', what, restore);
}
