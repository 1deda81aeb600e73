import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, expect, jest, test } from '@jest/globals';
import { answerWithin, clientSettings, deadlines } from '../../../lambda/receiver/client-settings.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { listen } from '../../../sandbox/http.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

test.each([
  [0, [100, 200, 400, 800, 1_000, 1_000, 1_000]],
  [0.5, [75, 150, 300, 600, 750, 750, 750]],
])(
  'eight tries are made, with pauses that grow to a second, up to half of each random: %d',
  async (random, expected) => {
    jest.spyOn(Math, 'random').mockReturnValue(random);
    const pauses: unknown[] = [];
    jest.spyOn(globalThis, 'setTimeout').mockImplementation(((ended: () => void, milliseconds: number) => {
      pauses.push(milliseconds);
      ended();
    }) as never);
    const { retryStrategy } = clientSettings();
    let token = await retryStrategy.acquireInitialRetryToken('scope');
    for (const _pause of expected)
      token = await retryStrategy.refreshRetryTokenForRetry(token, { errorType: 'TRANSIENT' });
    await expect(retryStrategy.refreshRetryTokenForRetry(token, { errorType: 'TRANSIENT' })).rejects.toThrow();
    expect(pauses).toEqual(expected);
  },
);

test('a try whose answer does not begin is made again, even if the connection is not idle', async () => {
  let tries = 0;
  const server = await listen(0, (request, response) => {
    request.resume();
    if (++tries > 1) return response.end('{"SecretString":"keys"}');
    const signsOfLife = setInterval(() => response.writeProcessing(), 200);
    return response.on('close', () => clearInterval(signsOfLife));
  });
  const environment = { ...process.env };
  process.env.AWS_ACCESS_KEY_ID = localCredentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = localCredentials.secretAccessKey;
  const client = new SecretsManagerClient({ ...clientSettings(), endpoint: server.url, region: 'eu-west-1' });
  try {
    const abortSignal = AbortSignal.timeout(deadlines.load);
    const answer = await client.send(new GetSecretValueCommand({ SecretId: 'keyring' }), { abortSignal });
    expect(answer.SecretString).toBe('keys');
    expect(tries).toBe(2);
  } finally {
    process.env = environment;
    client.destroy();
    await server.close();
  }
});

test('all calls of a request that goes slowly end before its answer is due', () => {
  const { load, store, send } = deadlines;
  expect(2 * load + store + send).toBeLessThanOrEqual(answerWithin);
});
