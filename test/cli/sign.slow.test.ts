import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { verify } from '../../lambda/signature.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { keyringOf, makeKey } from '../support.ts';
import { localEnvironment, run } from './terminal.ts';

const key = makeKey('SHA512', 2048);
const body =
  '{"reply_id":"a175e797-2b54-468b-9850-41a3eab32f74","content":"it\'s","message_id":"877c19ef-fa2e-4cec-827a-e1df9b5509f7"}';
let folder: string;
let options: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sign-'));
  const file = join(folder, 'key.pem');
  await writeFile(file, key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  options = ['--private-key', file, '--key-id', key.id, '--digest', 'SHA512', '--data', body];
});
afterAll(() => rm(folder, { recursive: true }));

const sign = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(['sign', ...args, ...options], localEnvironment({}));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};

test('the headers verify', async () => {
  const headers = JSON.parse(await sign('https://example.com/a%2Fb?x=1', '--json'));
  const request = { method: 'POST', target: '/a%2Fb?x=1', date: headers.date, body: Buffer.from(body) };
  expect(headers).toMatchObject({ 'x-messagemedia-key-id': key.id, 'content-type': 'application/json' });
  expect(verify(request, headers['x-messagemedia-signature'], key.publicKey, 'SHA512')).toBe(true);
});

test('the curl command is taken by the receiver', async () => {
  const sandbox = await startSandbox({ port: 0, onAnswer: () => {} });
  try {
    sandbox.storeKeyring(keyringOf(key));
    const command = await sign(`${sandbox.url}/messagemedia?kind=reply`, '--curl');
    const { stdout } = await promisify(execFile)('sh', ['-c', `${command.trim()} -s`]);
    expect(JSON.parse(stdout)).toEqual({ id: 'a175e797-2b54-468b-9850-41a3eab32f74' });
  } finally {
    await sandbox.close();
  }
});
