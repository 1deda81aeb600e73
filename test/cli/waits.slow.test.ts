import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, jest, test } from '@jest/globals';
import { checkEndpoint } from '../../cli/doctor/check-endpoint.ts';
import { type LocalServer, listen } from '../../sandbox/http.ts';
import { makeKey } from '../support.ts';
import { localEnvironment, run, start } from './terminal.ts';

const servers: LocalServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

async function serve(...args: Parameters<typeof listen>): Promise<string> {
  const server = await listen(...args);
  servers.push(server);
  return server.url;
}

const end = String.raw`: waiting until \d\d:\d\d:\d\d at the latest\. Ctrl-C stops\.`;

test('doctor says that it waits for an endpoint', async () => {
  const url = await serve(0, async (_request, response) => {
    await sleep(2_300);
    response.writeHead(401).end();
  });
  const said = jest.spyOn(console, 'error').mockImplementation(() => {});
  await checkEndpoint(url, Date.now);
  expect(said.mock.calls).toEqual([[expect.stringMatching(new RegExp(`^${url} has not answered for 2 s${end}$`))]]);
  said.mockRestore();
});

test('simulate says that it sends, and until when', async () => {
  const url = await serve(0, (request, response) => {
    request.resume().on('end', () => response.writeHead(202).end());
  });
  const key = makeKey('SHA256', 2048).privateKey.export({ type: 'pkcs8', format: 'pem' });
  const folder = await mkdtemp(join(tmpdir(), 'waits-'));
  await writeFile(join(folder, 'key.pem'), key);
  const args = ['simulate', url, '--private-key', join(folder, 'key.pem'), '--rate', '1', '--count', '4'];
  const { code, stderr } = await run(args, localEnvironment({}));
  await rm(folder, { recursive: true });
  expect(code).toBe(0);
  expect(stderr).toMatch(new RegExp(`^Sending 4 webhooks, 1 a second${end}\n$`));
});

test('a keyring that cannot be written yet is named, with the time of the next try', async () => {
  const answers: Record<string, [number, object]> = {
    GetSecretValue: [200, { SecretString: '{"keys":[]}', VersionId: 'v' }],
    PutSecretValue: [200, {}],
    UpdateSecretVersionStage: [400, { __type: 'InvalidParameterException', message: 'Somebody was faster.' }],
  };
  const url = await serve(0, (request, response) => {
    const [status, answer] = answers[String(request.headers['x-amz-target']).replace(/^.*\./, '')] ?? [500, {}];
    request.resume().on('end', () => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer));
    });
  });
  const env = localEnvironment({ AWS_ENDPOINT_URL_SECRETS_MANAGER: url, KEYRING_SECRET_ID: 'keyring' });
  const { publicKey } = makeKey('SHA256', 2048);
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const running = start(['keys', 'import', '-', '--key-id', crypto.randomUUID()], env, String(pem));
  await running.said('Waiting 4 s, until ');
  running.process.kill('SIGINT');
  expect((await running.done).stderr).toMatch(
    /^The keyring is not written yet: somebody else is changing it.*\nWaiting 4 s/,
  );
});
