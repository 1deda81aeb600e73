import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { ask, UnaskedError } from '../terminal/question.ts';
import { proxyAgent } from './proxy.ts';

let shared: ReturnType<typeof defaultProvider> | undefined;

/**
 * The credentials of every AWS tool. All clients share them, because a code of an MFA device is good for one call.
 */
export function awsCredentials(): ReturnType<typeof defaultProvider> {
  const httpsAgent = proxyAgent();
  shared ??= defaultProvider({
    mfaCodeProvider: askForCode,
    // Signing in does not inherit the agent of the client.
    ...(httpsAgent && { clientConfig: { requestHandler: { httpsAgent } } }),
  });
  return shared;
}

async function askForCode(device: string): Promise<string> {
  try {
    const code = (await ask(`Code of the MFA device ${device}: `)).trim();
    if (code !== '') return code;
  } catch (error) {
    if (!(error instanceof UnaskedError)) throw error;
    const way = 'eval "$(aws configure export-credentials --format env)"; unset AWS_PROFILE';
    throw new Error(`The AWS profile needs a code of ${device}, and there is no terminal to ask on. First run: ${way}`);
  }
  throw new Error('No code was given. Nothing was done.');
}
