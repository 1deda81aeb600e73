import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { makeKey } from '../support.ts';
import { startWorld } from './world.ts';

const world = await startWorld();
const { secrets, api, env, keyring } = world;
const folder = await mkdtemp(join(tmpdir(), 'mmw-restore-'));
const client = new SecretsManagerClient({ endpoint: secrets.url, region: 'us-east-1', credentials: localCredentials });
afterAll(() => Promise.all([world.close(), rm(folder, { recursive: true })]));
beforeEach(world.clear);

const mmw = (...args: string[]) => world.mmw(args, env);
const json = (...args: string[]) => world.json('keys', ...args);
const valueAt = async (VersionStage: string) =>
  (await client.send(new GetSecretValueCommand({ SecretId: 'keyring', VersionStage }))).SecretString;
const stages = async () =>
  (await client.send(new DescribeSecretCommand({ SecretId: 'keyring' }))).VersionIdsToStages ?? {};

const garbage = ['{"keys":[{"key_id":', 'garbage', '{"keys":[{"key_id":"a","public_key":"AAAA"}]}', '{"keys":{}}'];
const broken = () => JSON.stringify({ keys: [{ ...keyring()[0], public_key: 'AAAA' }, makeKey().answer] });

test.each([...garbage, 'one of two'])(
  'no command writes over a keyring that is %s, and restore brings it back',
  async (value) => {
    const key = await json('create', '--enable');
    const good = secrets.get('keyring');
    const bad = value === 'one of two' ? broken() : value;
    secrets.put('keyring', bad);
    const file = join(folder, 'key.json');
    writeFileSync(file, JSON.stringify(makeKey().answer));
    const changes = [
      ['keys', 'create'],
      ['keys', 'create', '--enable', '--yes'],
      ['keys', 'rotate', '--yes'],
      ['keys', 'import', file],
      ['keys', 'delete', key.key_id, '--yes'],
      ['keys', 'enable', key.key_id, '--yes'],
    ];
    for (const args of changes) {
      const { code, stderr } = await mmw(...args);
      expect([args, code, stderr.replaceAll('\n', ' ')]).toEqual([
        args,
        1,
        expect.stringContaining('"mmw keys restore" brings it back'),
      ]);
    }
    expect([await valueAt('AWSCURRENT'), await valueAt('AWSPREVIOUS')]).toEqual([bad, good]);
    expect((await api.listSignatureKeys()).map(({ key_id }) => key_id)).toEqual([key.key_id]);
    const list = await mmw('keys', 'list');
    expect(`${list.stdout}${list.stderr}`.replaceAll('\n', ' ')).toContain('"mmw keys restore"');

    expect(await mmw('keys', 'restore')).toMatchObject({ code: 1 });
    expect(await valueAt('AWSCURRENT')).toBe(bad);
    expect(await json('restore', '--yes')).toEqual({ restored: [key.key_id] });
    expect([await valueAt('AWSCURRENT'), await valueAt('AWSPREVIOUS')]).toEqual([good, bad]);
    expect(await json('restore', '--yes')).toEqual({ restored: null });
    await json('create');
    await json('rotate', '--abandon');
    expect(Object.values(await stages()).flat()).toContain('KEYRING_UNREADABLE');
    expect(await valueAt('KEYRING_UNREADABLE')).toBe(bad);
  },
);

test('without a good version before, restore begins anew, and keeps what cannot be read', async () => {
  secrets.put('keyring', 'garbage');
  secrets.put('keyring', '{"keys":[{');
  expect(await json('restore', '--yes')).toEqual({ restored: [] });
  expect([keyring(), await valueAt('KEYRING_UNREADABLE')]).toEqual([[], '{"keys":[{']);
  await json('create', '--enable');
});

test('a key that cannot be read, among others and in both versions, is forgotten, not the others', async () => {
  const { answer } = makeKey();
  const bad = { key_id: '11111111-2222-4333-8444-555555555555', public_key: 'AAAA' };
  for (const keys of [
    [bad, answer],
    [answer, bad],
  ])
    secrets.put('keyring', JSON.stringify({ keys }));
  const { code, stderr } = await mmw('keys', 'restore', '--yes');
  expect([code, stderr.replaceAll('\n', ' ')]).toEqual([1, expect.stringContaining('"mmw keys forget"')]);
  await json('forget', bad.key_id, '--yes');
  expect(keyring()).toEqual([answer]);
});

test('list and show have the fingerprint that openssl prints', async () => {
  const key = await json('create', '--enable');
  const der = Buffer.from(String(keyring()[0]?.public_key), 'base64');
  const [, printed] = String(execFileSync('openssl', ['dgst', '-sha256'], { input: der }))
    .trim()
    .split('= ');
  expect((await json('list'))[0].fingerprint).toBe(printed);
  expect((await mmw('keys', 'show', key.key_id)).stdout).toContain(`SHA-256 of its public key: ${printed}`);
  expect((await mmw('keys', 'list')).stdout).toContain(printed?.slice(0, 16));
});

test('keys import reads UTF-16 and a byte order mark', async () => {
  const file = join(folder, 'utf16.json');
  for (const [mark, encoding] of [
    ['\ufeff', 'utf16le'],
    ['\ufeff', 'utf8'],
  ] as const) {
    const { answer } = makeKey();
    writeFileSync(file, `${mark}${JSON.stringify(answer)}`, encoding);
    expect(await json('import', file)).toMatchObject({ imported: [answer.key_id] });
  }
});
