import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalSecrets, startSecrets } from '../../sandbox/aws/secrets.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';

let sandbox: Awaited<ReturnType<typeof startSandbox>>;
let secrets: LocalSecrets;
beforeAll(async () => {
  [sandbox, secrets] = await Promise.all([startSandbox({ port: 0, onAnswer: () => {} }), startSecrets()]);
  secrets.put('keyring', 'before');
});
afterAll(() => Promise.all([sandbox.close(), secrets.close()]));

/** Sends a request with any host name, as a browser does for a page whose name resolves to 127.0.0.1. */
function post(url: string, host: string, headers: Record<string, string> = {}, body = ''): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const { hostname, port } = new URL(url);
  const outgoing = request({ hostname, port, method: 'POST', path: '/', headers: { ...headers, host } }, (answer) =>
    resolve(answer.resume().statusCode ?? 0),
  );
  outgoing.on('error', reject).end(body);
  return promise;
}

const servers: [string, () => string][] = [
  ['MessageMedia', () => sandbox.provider.url],
  ['Secrets Manager', () => secrets.url],
  ['SQS and S3', () => sandbox.queue.url],
];

describe.each(servers)('%s', (_name, url) => {
  const others = ['evil.example:PORT', 'evil.example', '127.0.0.1', '127.0.0.1:1', '127.0.0.1.evil.example:PORT'];
  test.each([...others, 'localhost:PORT:1', ':PORT'])('does nothing for the host "%s"', async (host) => {
    expect(await post(url(), host.replace('PORT', new URL(url()).port))).toBe(421);
  });

  test.each(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])('answers as %s', async (name) => {
    expect(await post(url(), `${name}:${new URL(url()).port}`)).not.toBe(421);
  });
});

test('the keyring cannot be replaced from a web page', async () => {
  const headers = { 'x-amz-target': 'secretsmanager.PutSecretValue', 'content-type': 'application/x-amz-json-1.1' };
  const put = (host: string) => post(secrets.url, host, headers, '{"SecretId":"keyring","SecretString":"after"}');
  const { port } = new URL(secrets.url);
  expect(await put(`rebound.example:${port}`)).toBe(421);
  expect(secrets.get('keyring')).toBe('before');
  expect(await put(`localhost:${port}`)).toBe(200);
  expect(secrets.get('keyring')).toBe('after');
});

test('the gateway has a name of its own behind a tunnel', async () => {
  expect(await post(sandbox.url, 'abc.tunnel.example')).toBe(404);
});
