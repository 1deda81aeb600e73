import { stackName } from './cdk.ts';
import { failure, type Ministack, toolEnvironment } from './ministack.ts';
import type { Run } from './proof.ts';
import { commands } from './proofs/readme.ts';
import { startProviderOf } from './provider.ts';
import { SelfExplanatoryError } from './self-explanatory.ts';

/** Keeps the stack up, with MessageMedia's stand-in beside it, until somebody ends this process. */
export async function keepUp(
  { run, ministack }: { run: Run; ministack: Ministack },
  interruption: Promise<never>,
): Promise<void> {
  const provider = await startProviderOf(run);
  try {
    const environment = {
      ...toolEnvironment(ministack),
      // The AWS CLI's own names.
      AWS_DEFAULT_REGION: toolEnvironment(ministack).AWS_REGION,
      AWS_CA_BUNDLE: ministack.certificate,
      MMW_STACK: stackName,
      MESSAGEMEDIA_BASE_URL: provider.url,
      MESSAGEMEDIA_API_KEY: provider.apiKey,
      MESSAGEMEDIA_API_SECRET: provider.apiSecret,
    };
    const exports = Object.entries(environment).map(([name, value]) => `  export ${name}=${value}`);
    console.log(`
The stack ${stackName} and MessageMedia's stand-in stay up. In another terminal:

  unset AWS_PROFILE AWS_SESSION_TOKEN
${exports.join('\n')}

The commands of the README work there, and any other:

${[...commands, 'npx mmw queue peek'].map((command) => `  ${command}`).join('\n')}

Ctrl-C here, or  kill ${process.pid}  there, ends both and deletes what they hold.`);
    await Promise.race([interruption, failure(ministack.program)]);
  } catch (error) {
    if (!(error instanceof SelfExplanatoryError)) throw error;
  } finally {
    await provider.close();
  }
}
