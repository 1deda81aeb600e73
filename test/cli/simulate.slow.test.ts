import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { keyringOf, makeKey } from '../support.ts';
import { localEnvironment, run } from './terminal.ts';

const key = makeKey('SHA256', 2048);
let folder: string;
let sandbox: Sandbox;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulate-'));
  await writeFile(join(folder, 'key.pem'), key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  sandbox = await startSandbox({ port: 0, onAnswer: () => {}, keyring: keyringOf(key) });
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true });
});

const simulate = (...args: string[]) => run(['simulate', ...args], localEnvironment({}));

test('webhooks of every kind are delivered and taken, each as an event of its own', async () => {
  const own = ['--private-key', join(folder, 'key.pem'), '--key-id', key.id];
  const some = ['--rate', '100', '--count', '28', '--json'];
  const { code, stdout, stderr } = await simulate(`${sandbox.url}/messagemedia`, ...own, ...some);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ sent: 28, statuses: { 202: 28 }, unanswered: 0 });
});

test('what is refused is counted, and the command fails', async () => {
  const own = ['--private-key', join(folder, 'key.pem'), '--key-id', 'another'];
  const { code, stdout } = await simulate(`${sandbox.url}/messagemedia`, ...own, '--rate', '100', '--count', '3');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^3 sent: 3 answered 401\.\nTime to answer: median \d+ ms, 95% within/);
});

test('what is not answered has no time to answer', async () => {
  const own = ['--private-key', join(folder, 'key.pem'), '--rate', '100', '--count', '2'];
  expect(await simulate('http://127.0.0.1:2/', ...own)).toMatchObject({ code: 1, stdout: '2 sent: 2 not answered.\n' });
  const { stdout } = await simulate('http://127.0.0.1:2/', ...own, '--json');
  expect(JSON.parse(stdout)).toEqual({ sent: 2, statuses: {}, unanswered: 2 });
});
