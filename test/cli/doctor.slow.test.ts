import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { toWire } from '../../signing/sender.ts';
import { httpApiEvent, keyringOf, makeKey } from '../support.ts';
import { localEnvironment, run } from './terminal.ts';

const key = makeKey('SHA256', 2048);
const request = toWire(sampleWebhooks('/messagemedia').smsReply, key);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  await writeFile(join(folder, 'keyring.json'), keyringOf(key));
});
afterAll(() => rm(folder, { recursive: true }));

const doctor = (event: object, ...args: string[]) =>
  run(['doctor', '-', '--keyring', join(folder, 'keyring.json'), ...args], localEnvironment({}), {
    input: JSON.stringify(event),
  });

test('says what is wrong, what to do, and how it knows', async () => {
  const { code, stdout, stderr } = await doctor({ ...httpApiEvent(request), rawPath: '/v1/messagemedia' });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('The path has a prefix that was not signed');
  expect(stdout).toContain('What to do: Verify against the path that MessageMedia called');
  expect(stdout).toContain('Cause: path_prefix_added');
  expect(stdout).not.toContain(request.headers['x-messagemedia-signature']?.slice(0, 30));
});

test('ends with 1 when it is not known why', async () => {
  const event = { ...httpApiEvent(request), body: Buffer.from('other').toString('base64') };
  const { code, stdout } = await doctor(event, '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ cause: 'other_bytes', signedBy: key.id, format: 'Lambda event' });
});
