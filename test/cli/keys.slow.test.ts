import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { listen } from '../../sandbox/http.ts';
import { makeKey } from '../support.ts';
import { start } from './terminal.ts';
import { startWorld } from './world.ts';

const world = await startWorld();
const { provider, secrets, api, env, keyring } = world;
const folder = await mkdtemp(join(tmpdir(), 'mmw-keys-'));
afterAll(() => Promise.all([world.close(), rm(folder, { recursive: true })]));
beforeEach(world.clear);

const mmw = (args: string[], input?: string) => world.mmw(['keys', ...args], env, input);
const json = (...args: string[]) => world.json('keys', ...args);
const listed = async () => (await mmw(['list'])).stdout;

test('keys delete looks again after the answer: a key that was enabled meanwhile stays', async () => {
  await json('create', '--enable');
  const pending = await json('create');
  let looks = 0;
  world.recorders.provider.intercept(async (call, when) => {
    const isFirstLook = when === 'after' && call.endsWith('/signature_keys') && looks++ === 0;
    if (isFirstLook) await api.enableSignatureKey(pending.key_id);
    return undefined;
  });
  const { code, stderr } = await mmw(['delete', pending.key_id, '--yes']);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('Nothing was done.') });
  expect(provider.signingKey()?.id).toBe(pending.key_id);
});

test('keys disable finds the keyring as the other commands do, and notes the end there', async () => {
  const key = await json('create', '--enable');
  env.KEYRING_SECRET_ID = '';
  try {
    expect(await json('disable', '--yes', '--secret-id', 'keyring')).toEqual({ disabled: key.key_id });
  } finally {
    env.KEYRING_SECRET_ID = 'keyring';
  }
  expect(keyring()).toMatchObject([{ retired_at: expect.any(String) }]);
  expect(await json('enable', key.key_id)).toMatchObject({ enabled: true, keyring: 'yes' });
  expect(keyring()[0]).not.toHaveProperty('retired_at');
});

describe('keys rotate', () => {
  test('asks before it takes over from a key that is not in the keyring, and does not wait then', async () => {
    const stranger = await api.createSignatureKey('SHA256');
    await api.enableSignatureKey(stranger.key_id);
    const refused = await mmw(['rotate']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('this receiver refuses every webhook') });
    expect(await api.listSignatureKeys()).toHaveLength(1);
    const { code, stderr } = await mmw(['rotate', '--yes']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('is enabled at once') });
    expect(provider.signingKey()?.id).toBe(keyring()[0]?.key_id);
  });

  test('is abandoned by going back; --abandon deletes the waiting key', async () => {
    const old = await json('create', '--enable');
    const waiting = await json('create');
    const { code, stderr } = await mmw(['enable', old.key_id]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining(`to key ${waiting.key_id} is abandoned`),
    });
    expect(keyring().some(({ pending_since }) => pending_since)).toBe(false);
    expect(await json('rotate', '--abandon')).toEqual({ abandoned: null });
    const next = await json('create');
    expect(await json('rotate', '--abandon')).toEqual({ abandoned: next.key_id });
    expect((await api.listSignatureKeys()).map(({ key_id }) => key_id)).toEqual([old.key_id, waiting.key_id]);
  });
});

describe('keys import', () => {
  test('brings in the answer that created a key, from a file or standard input, and keeps what is there', async () => {
    const own = await json('create', '--enable');
    const created = await api.createSignatureKey('SHA512');
    const file = join(folder, 'key.json');
    await writeFile(file, JSON.stringify(created));
    expect(await json('import', file)).toEqual({ imported: [created.key_id], named: [] });
    const { enabled: _enabled, ...entry } = created;
    expect(keyring()[0]).toMatchObject({ key_id: own.key_id });
    expect(keyring()[1]).toEqual(entry);
    const again = await mmw(['import', '-'], JSON.stringify(created));
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('has these keys already') });
    expect(keyring()).toHaveLength(2);
    expect(await json('enable', created.key_id)).toMatchObject({ enabled: true });
  });
});

test('a keyring that cannot be written yet is named, with the time of the next try', async () => {
  const answers: Record<string, [number, object]> = {
    GetSecretValue: [200, { SecretString: '{"keys":[]}', VersionId: 'v' }],
    PutSecretValue: [200, {}],
    UpdateSecretVersionStage: [400, { __type: 'InvalidParameterException', message: 'Somebody was faster.' }],
  };
  const server = await listen(0, (request, response) => {
    const [status, answer] = answers[String(request.headers['x-amz-target']).replace(/^.*\./, '')] ?? [500, {}];
    request.resume().on('end', () => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer));
    });
  });
  const key = JSON.stringify(makeKey().answer);
  const running = start(['keys', 'import', '-'], { ...env, AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url }, key);
  await running.said('Waiting 4 s, until ');
  running.process.kill('SIGINT');
  expect((await running.done).stderr).toMatch(
    /^The keyring is not written yet: somebody else is changing it.*\nWaiting 4 s/,
  );
  await server.close();
});

describe('keys list', () => {
  test('says of a key without an id that it is tried, as every webhook is accepted', async () => {
    const key = await api.createSignatureKey('SHA256');
    await api.enableSignatureKey(key.key_id);
    secrets.put('keyring', key.public_key);
    const text = await listed();
    expect(text).toMatch(new RegExp(`${key.key_id}.*enabled.*without id`));
    expect(text).not.toContain('gone');
    expect(text).not.toContain('every webhook is refused');
  });

  test('says of garbage that nothing can be read', async () => {
    const key = await api.createSignatureKey('SHA256');
    await api.enableSignatureKey(key.key_id);
    secrets.put('keyring', JSON.stringify({ keys: [{ key_id: key.key_id, public_key: 'AAAA' }] }));
    const text = await listed();
    expect(text).toMatch(/enabled.*unreadable/);
    expect(text).toContain('every webhook is refused');
  });

  test('says that no key is enabled', async () => {
    await json('create');
    expect(await listed()).toContain('No key is enabled at MessageMedia: webhooks arrive unsigned');
  });

  test('says that the enabled key is noted as retired, and shows deleted keys as remembered', async () => {
    const key = await json('create', '--enable');
    const past = '2026-01-01T00:00:00Z';
    const gone = {
      ...keyring()[0],
      key_id: '11111111-2222-4333-8444-555555555555',
      retired_at: past,
      deleted_at: past,
    };
    secrets.put('keyring', JSON.stringify({ keys: [gone, { ...keyring()[0], retired_at: past }] }));
    const text = await listed();
    expect(text).toMatch(/11111111.*deleted.*remembered/);
    expect(text).toContain(`To repair it: mmw keys enable ${key.key_id}`);
    expect((await mmw(['enable', '11111111-2222-4333-8444-555555555555'])).stderr).toContain('can never sign again');
  });
});

describe('keys of several accounts', () => {
  test('are created, rotated and listed with their account, which no call to MessageMedia names', async () => {
    const old = await json('create', '--enable');
    // The key that MessageMedia has already gets the account as well.
    const key = await json('create', '--enable', '--account', 'A');
    expect(keyring().map(({ key_id, account }) => [key_id, account])).toEqual([
      [old.key_id, 'A'],
      [key.key_id, 'A'],
    ]);
    expect(await listed()).toContain('account');
    expect((await json('show', key.key_id)).account).toBe('A');
    const waiting = await json('create');
    expect(keyring().find(({ key_id }) => key_id === waiting.key_id)?.account).toBe('A');
  });

  test('must be named for credentials that the keyring does not know', async () => {
    secrets.put('keyring', JSON.stringify({ keys: [{ ...makeKey().answer, account: 'B' }] }));
    const { code, stderr } = await mmw(['create']);
    expect({ code, stderr: stderr.replace(/\s+/g, ' ') }).toEqual({
      code: 1,
      stderr: expect.stringContaining('create its first key with "mmw keys create --account ID"'),
    });
    expect(await mmw(['create', '--account', 'a b'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('spaces'),
    });
    await json('create', '--account', 'A');
  });
});
