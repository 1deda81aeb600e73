import { expect } from '@jest/globals';
import { createProvider } from '../../lambda/messagemedia/client.ts';
import { startSecrets } from '../../sandbox/aws/secrets.ts';
import { startProvider } from '../../sandbox/messagemedia/server.ts';
import { localEnvironment, type Outcome, record, run } from './terminal.ts';

/** A MessageMedia with its API, a Secrets Manager with a keyring, and `mmw` on both. Their calls are recorded. */
export async function startWorld() {
  const calls: string[] = [];
  const [provider, secrets] = await Promise.all([
    startProvider({ modulusLength: 1024, apiSecret: 'S3cret-of-the-api' }),
    startSecrets(),
  ]);
  const recorders = { provider: await record(provider.url, calls), secrets: await record(secrets.url, calls) };
  const { url: baseUrl, apiKey, apiSecret } = provider;
  const api = createProvider({ baseUrl, apiKey, apiSecret });
  const env = localEnvironment({
    MESSAGEMEDIA_API_KEY: apiKey,
    MESSAGEMEDIA_API_SECRET: apiSecret,
    MESSAGEMEDIA_BASE_URL: recorders.provider.url,
    KEYRING_SECRET_ID: 'keyring',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: recorders.secrets.url,
  });
  /** Runs a command to its end; nothing that it prints may hold the API secret. */
  const mmw = async (args: string[], environment = env, input?: string): Promise<Outcome> => {
    const outcome = await run(args, environment, { input });
    for (const text of [apiSecret, btoa(`${apiKey}:${apiSecret}`)]) {
      expect(outcome.stdout + outcome.stderr).not.toContain(text);
    }
    return outcome;
  };
  return {
    ...{ provider, secrets, recorders, calls, api, env, mmw },
    /** The result of a command that must succeed. */
    json: async (...args: string[]) => {
      const { code, stdout, stderr } = await mmw([...args, '--json']);
      expect({ code, stderr }).toMatchObject({ code: 0 });
      return JSON.parse(stdout);
    },
    keyring: (): Record<string, string>[] => JSON.parse(secrets.get('keyring') ?? '').keys,
    /** Deletes every key, and what was recorded. */
    clear: async () => {
      for (const recorder of Object.values(recorders)) recorder.intercept(undefined);
      for (const { key_id } of await api.listSignatureKeys()) await api.deleteSignatureKey(key_id);
      secrets.put('keyring', '{"keys":[]}');
      calls.length = 0;
    },
    close: () => Promise.all([...Object.values(recorders), provider, secrets].map((server) => server.close())),
  };
}
