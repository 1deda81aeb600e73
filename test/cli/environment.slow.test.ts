import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LocalQueue, startQueue } from '../../sandbox/aws/queue.ts';
import { type LocalServer, listen, readBody } from '../../sandbox/http.ts';
import { listenTls, makeCertificate } from '../tls-server.ts';
import { startCloudFormation } from './cloud-formation.ts';
import { localEnvironment, run, start } from './terminal.ts';

let queue: LocalQueue;
let cloudFormation: LocalServer;
let env: Record<string, string>;
beforeAll(async () => {
  queue = await startQueue();
  const { queueUrl, deadLetterQueueUrl } = queue;
  cloudFormation = await startCloudFormation(() => ({ QueueUrl: queueUrl, DeadLetterQueueUrl: deadLetterQueueUrl }));
  env = localEnvironment({ AWS_ENDPOINT_URL_SQS: queue.url, AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url });
});
afterAll(() => Promise.all([queue.close(), cloudFormation.close()]));

const counts = '{"queue":{"waiting":0,"inFlight":0},"deadLetters":{"waiting":0,"inFlight":0}}';
const json = 'application/x-amz-json-1.0';
const flat = (json: string) => json.replaceAll(/\s/g, '');

test('AWS_DEFAULT_REGION alone is enough', async () => {
  const { AWS_REGION: _region, ...others } = env;
  const outcome = await start(['queue', 'stats', '--stack', 's', '--json'], {
    ...others,
    AWS_DEFAULT_REGION: 'eu-west-1',
  }).done;
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
});

describe('MMW_STACK', () => {
  const remembered = () => ({ ...env, MMW_STACK: 's' });

  test.each(['queue stats', 'outputs', 'queue peek --dead-letters'])('is the stack of mmw %s', async (line) => {
    expect(await run(line.split(' '), remembered())).toMatchObject({ code: 0, stderr: '' });
  });

  test('gives way to what is named, and to a URL', async () => {
    const { queueUrl, deadLetterQueueUrl } = queue;
    const named = ['queue', 'stats', '--json', '--queue-url', queueUrl, '--dead-letter-queue-url', deadLetterQueueUrl];
    const nowhere = { ...remembered(), AWS_ENDPOINT_URL_CLOUDFORMATION: 'http://127.0.0.1:1' };
    const { code, stdout } = await run(named, nowhere);
    expect({ code, stdout: flat(stdout) }).toEqual({ code: 0, stdout: counts });
    const simulated = await run(['simulate', 'http://127.0.0.1:1/'], nowhere);
    expect(simulated.stderr).toContain('Add --private-key FILE');
    const key = await run(['doctor', '-', '--keyring', 'nowhere.json'], nowhere);
    expect(key.stderr).not.toMatch(/cannot be used|could not be looked up/);
  });

  test('never gives a webhook another URL', async () => {
    const { stdout } = await run(['webhooks', 'update', '--help'], remembered());
    expect(stdout).not.toContain('MMW_STACK');
    expect((await run(['webhooks', 'create', '--help'], remembered())).stdout).toContain('MMW_STACK');
  });
});

/** A proxy that opens tunnels to one port, or none. */
async function startProxy(port?: number) {
  const asked: string[] = [];
  const server = createServer();
  server.on('connect', ({ url = '' }, socket, head) => {
    asked.push(`CONNECT ${url}`);
    if (port === undefined) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const tunnel = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    tunnel.write(head);
    return socket.pipe(tunnel).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

describe('a proxy', () => {
  const api = { MESSAGEMEDIA_API_KEY: 'k', MESSAGEMEDIA_API_SECRET: 's', AWS_MAX_ATTEMPTS: '1' };
  const sqs = 'https://sqs.ap-southeast-2.amazonaws.com/1/events.fifo';
  const send = ['send', 'Hi', '--to', '+61491570157', '--callback-url', 'https://a.example/'];
  const onSqs = ['queue', 'stats', '--queue-url', sqs];

  test.each<[string, string[], Record<string, string>, string[]]>([
    ['MessageMedia', send, {}, ['CONNECT api.messagemedia.com:443']],
    ['AWS', onSqs, { AWS_ENDPOINT_URL_SQS: '' }, ['CONNECT sqs.ap-southeast-2.amazonaws.com:443']],
    [
      'AWS, named without a scheme',
      onSqs,
      { AWS_ENDPOINT_URL_SQS: '', HTTPS_PROXY: 'HOST' },
      ['CONNECT sqs.ap-southeast-2.amazonaws.com:443'],
    ],
    ['an own endpoint', onSqs, { AWS_ENDPOINT_URL_SQS: 'https://127.0.0.2:1' }, ['CONNECT 127.0.0.2:1']],
    ['what NO_PROXY names', onSqs, { AWS_ENDPOINT_URL_SQS: 'https://127.0.0.2:1', NO_PROXY: '127.0.0.2' }, []],
    ['this machine', send, { MESSAGEMEDIA_BASE_URL: 'http://localhost:1' }, []],
  ])('has the calls to %s', async (_what, args, more, asked) => {
    const proxy = await startProxy();
    const own = { ...env, ...api, HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url, ...more };
    if (own.HTTPS_PROXY === 'HOST') own.HTTPS_PROXY = new URL(proxy.url).host;
    const { code } = await start(args, own).done;
    expect({ code, asked: [...new Set(proxy.asked)] }).toEqual({ code: 1, asked });
    proxy.close();
  });

  test('passes calls of the SDK and their answers on', async () => {
    const sqsTls = await listenTls(makeCertificate(), async (request, response) => {
      const headers = { 'x-amz-target': String(request.headers['x-amz-target']), 'content-type': json };
      const answer = await fetch(queue.url, { method: 'POST', headers, body: (await readBody(request)) ?? '' });
      response.writeHead(answer.status, { 'content-type': json }).end(await answer.text());
    });
    const proxy = await startProxy(sqsTls.port);
    // The certificate is not one of AWS.
    const trusting = { NODE_TLS_REJECT_UNAUTHORIZED: '0', HTTPS_PROXY: proxy.url };
    const own = { ...env, ...trusting, AWS_ENDPOINT_URL_SQS: 'https://sqs.example' };
    const { code, stdout } = await start(['queue', 'stats', '--stack', 's', '--json'], own).done;
    expect({ code, stdout: flat(stdout) }).toEqual({ code: 0, stdout: counts });
    expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT sqs.example:443']));
    proxy.close();
    await sqsTls.close();
  });
});

describe('a profile that asks for an MFA code', () => {
  let folder: string;
  let sts: LocalServer;
  let codes: (string | null)[];
  let own: Record<string, string>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'profile-'));
    sts = await listen(0, async (request, response) => {
      codes.push(new URLSearchParams(String(await readBody(request))).get('TokenCode'));
      const fields = { AccessKeyId: 'a', SecretAccessKey: 's', SessionToken: 't', Expiration: '2099-01-01T00:00:00Z' };
      const xml = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
      response.writeHead(200, { 'content-type': 'text/xml' });
      response.end(
        `<AssumeRoleResponse><AssumeRoleResult><Credentials>${xml.join('')}</Credentials></AssumeRoleResult></AssumeRoleResponse>`,
      );
    });
    const [base, role] = [
      ['[profile base]', 'aws_access_key_id = a', 'aws_secret_access_key = b'],
      [
        '[profile ops]',
        'role_arn = arn:aws:iam::1:role/ops',
        'source_profile = base',
        'mfa_serial = arn:aws:iam::1:mfa/me',
      ],
    ];
    await writeFile(join(folder, 'config'), [...base, ...role].join('\n'));
    const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, ...others } = env;
    const profile = {
      AWS_PROFILE: 'ops',
      AWS_CONFIG_FILE: join(folder, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: folder,
    };
    own = { ...others, ...profile, AWS_ENDPOINT_URL_STS: sts.url };
  });
  afterAll(() => Promise.all([sts.close(), rm(folder, { recursive: true })]));

  test('asks for it once, whatever is called, and says who asks', async () => {
    codes = [];
    const terminal = { NODE_OPTIONS: '--import=data:text/javascript,process.stdin.isTTY=true' };
    const running = start(['queue', 'stats', '--stack', 's', '--json'], { ...own, ...terminal }, '123456\n');
    const { code, stdout, stderr } = await running.done;
    expect({ code, stdout: flat(stdout), stderr }).toEqual({
      ...{ code: 0, stdout: counts },
      stderr: 'Code of the MFA device arn:aws:iam::1:mfa/me: ',
    });
    expect(codes).toEqual(['123456']);
  });

  test('says what to do where nobody can be asked', async () => {
    codes = [];
    const { code, stderr } = await start(['queue', 'stats', '--stack', 's'], own).done;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/mfa\/me, and there is no terminal.*export-credentials/),
    });
    expect(codes).toEqual([]);
  });
});

test.each([
  ['hmac', 'hmac'],
  ['', 'Basic'],
])('MESSAGEMEDIA_AUTHENTICATION=%s chooses how calls are authenticated', async (chosen, scheme) => {
  const schemes: unknown[] = [];
  const server = await listen(0, ({ headers }, response) => {
    schemes.push(headers.authorization?.split(' ')[0]);
    response.end('{"page":0,"pageSize":20,"pageData":[]}');
  });
  const api = { MESSAGEMEDIA_API_KEY: 'key', MESSAGEMEDIA_API_SECRET: 'secret', MESSAGEMEDIA_BASE_URL: server.url };
  const env = localEnvironment({ ...api, MESSAGEMEDIA_AUTHENTICATION: chosen });
  expect(await run(['webhooks', 'list'], env)).toMatchObject({ code: 0, stderr: '' });
  expect(schemes).toEqual([scheme]);
  await server.close();
});
