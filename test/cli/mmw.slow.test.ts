import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createKeyring } from '../../lambda/keys/keyring-cache.ts';
import { createKeyringStore } from '../../lambda/keys/keyring-store.ts';
import { createRotation } from '../../lambda/keys/rotation.ts';
import { verify } from '../../lambda/signature.ts';
import { localCredentials } from '../../sandbox/aws/credentials.ts';
import { type LocalServer, listen } from '../../sandbox/http.ts';
import { toWire } from '../../signing/sender.ts';
import { startCloudFormation } from './cloud-formation.ts';
import { type Hook, start } from './terminal.ts';
import { startWorld } from './world.ts';

const world = await startWorld();
const { provider, secrets, recorders, calls, api, env, mmw, json, keyring } = world;
let callback: LocalServer;
beforeAll(async () => {
  callback = await listen(0, (request, response) => {
    request.resume().on('end', () => response.writeHead(202).end());
  });
});
afterAll(() => Promise.all([callback.close(), world.close()]));
beforeEach(world.clear);

/** The steps of a rotation, without the command. */
function rotation() {
  const client = new SecretsManagerClient({
    endpoint: secrets.url,
    region: 'us-east-1',
    credentials: localCredentials,
  });
  const pause = () => Promise.reject(new Error('nothing to wait for'));
  const store = createKeyringStore(client, 'keyring');
  return createRotation({ provider: api, keyring: store, digest: 'SHA256', now: Date.now, pause, log: () => {} });
}

const writes = () => calls.filter((call) => !call.startsWith('G'));

/** Whether a receiver that starts now verifies what MessageMedia signs now. */
async function verifies(): Promise<boolean> {
  const key = provider.signingKey();
  if (key === undefined) return true;
  const { method, target, headers, body } = toWire({ method: 'POST', target: '/', body: '{}' }, key);
  const parts = { method, target, date: headers.date ?? '', body };
  const load = async () => secrets.get('keyring') ?? '';
  const keys = await createKeyring({ load, now: Date.now, warn: () => {} }).keys();
  const named = keys.find(({ id }) => id === key.id);
  return named !== undefined && verify(parts, headers['x-messagemedia-signature'] ?? '', named.key, key.digest);
}

describe('keys create', () => {
  test('writes the public key to the keyring, and enables nothing', async () => {
    const key = await json('keys', 'create', '--digest', 'SHA512');
    expect(key).toMatchObject({ digest: 'SHA512', enabled: false, keyring: 'pending' });
    expect(keyring()).toMatchObject([{ key_id: key.key_id, digest: 'SHA512', public_key: expect.any(String) }]);
    expect(provider.signingKey()).toBeUndefined();
  });

  test('--enable creates, stores and enables, in this order', async () => {
    const key = await json('keys', 'create', '--enable');
    expect(key).toMatchObject({ enabled: true, keyring: 'yes' });
    expect(writes()).toEqual([
      'POST /v1/iam/signature_keys',
      'PutSecretValue',
      'UpdateSecretVersionStage',
      'PATCH /v1/iam/signature_keys/enabled',
      'PutSecretValue',
      'UpdateSecretVersionStage',
    ]);
    expect(await verifies()).toBe(true);
  });

  // Later writes, and calls within a step, are killed in test/lambda/keys/rotation-killed.slow.test.ts.
  test.each([0, 2, 3])(
    '--enable killed after its write %i: nothing signed is refused, and a re-run finishes',
    async (step) => {
      const old = await rotation().create();
      await rotation().enable({ atOnce: true });
      calls.length = 0;
      const running = start(['keys', 'create', '--enable'], env);
      const hook: Hook = (_call, moment) => {
        if (moment === 'after' && writes().length > step) running.process.kill('SIGKILL');
        return undefined;
      };
      for (const recorder of Object.values(recorders)) recorder.intercept(hook);
      expect(await running.done).toMatchObject({ code: null });
      for (const recorder of Object.values(recorders)) recorder.intercept(undefined);
      expect(writes()).toHaveLength(step + 1);
      expect(await verifies()).toBe(true);

      const key = await json('keys', 'create', '--enable');
      expect(key.key_id).not.toBe(old);
      expect(key).toMatchObject({ enabled: true, keyring: 'yes' });
      expect(await verifies()).toBe(true);
      expect(keyring().map(({ key_id }) => key_id)).toContain(old);
    },
  );
});

test('keys list and show tell what MessageMedia and the keyring know of each key', async () => {
  const first = await json('keys', 'create', '--enable');
  const elsewhere = await api.createSignatureKey('SHA224');
  const list = await json('keys', 'list');
  expect(list).toEqual([
    expect.objectContaining({ key_id: first.key_id, enabled: true, keyring: 'yes' }),
    expect.objectContaining({ key_id: elsewhere.key_id, enabled: false, keyring: 'no' }),
  ]);
  const { stdout } = await mmw(['keys', 'list']);
  expect(stdout).toMatch(/│ key .*│ digest .*│ keyring/);
  expect(await json('keys', 'show', elsewhere.key_id)).toMatchObject({ digest: 'SHA224', keyring: 'no' });
  expect(await mmw(['keys', 'show', 'none'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no key none'),
  });
});

test('keys enable goes back to an old key, but never to one that verifiers cannot have', async () => {
  const old = await json('keys', 'create', '--enable');
  const young = await json('keys', 'create', '--enable');
  expect(keyring()[0]).toMatchObject({ key_id: old.key_id, retired_at: expect.any(String) });
  expect(await json('keys', 'enable', String(old.key_id))).toMatchObject({ enabled: true, keyring: 'yes' });
  expect(keyring().map(({ key_id, retired_at }) => [key_id, retired_at === undefined])).toEqual([
    [old.key_id, true],
    [young.key_id, false],
  ]);
  const stranger = await api.createSignatureKey('SHA256');
  const { code, stderr } = await mmw(['keys', 'enable', stranger.key_id]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`no public key ${stranger.key_id}`) });
  expect(provider.signingKey()?.id).toBe(old.key_id);
});

test('webhooks create creates a webhook for each kind, and leaves alone what is there', async () => {
  const url = `${callback.url}/all`;
  const replies = await json('webhooks', 'create', '--url', url, '--events', 'RECEIVED_SMS');
  const create = () => mmw(['webhooks', 'create', '--url', url, '--events', 'all', '--json']);
  const there = `Webhook ${replies.id} for ${url}?kind=reply exists already and was not changed.\n`;
  const { code, stdout, stderr } = await create();
  // It is left without the events that it does not have, which must not pass for success.
  const mend = `webhooks update ${replies.id} --events RECEIVED_SMS,RECEIVED_MMS`;
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `${there}It is not what was asked for. To change it: mmw ${mend}\n`,
  });
  expect(await mmw(mend.split(' '))).toMatchObject({ code: 0 });
  const again = await create();
  expect([again.code, again.stderr]).toEqual([0, expect.stringContaining(there)]);
  expect(again.stderr).not.toContain('To change it');
  const made: { id: string; url: string; events: string[]; template: string }[] = JSON.parse(stdout);
  expect(made.map((webhook) => webhook.url)).toEqual(
    ['delivery-report', 'reply', 'opt-out'].map((kind) => `${url}?kind=${kind}`),
  );
  expect(made[1]?.id).toBe(replies.id);
  expect(made[2]?.events).toEqual(['OPT_OUT_SMS']);
  for (const { id } of made) await mmw(['webhooks', 'delete', id, '--yes']);
});

test('what destroys asks first, and does nothing where nobody can be asked', async () => {
  const key = await json('keys', 'create', '--enable');
  const webhook = await json('webhooks', 'create', '--url', `${callback.url}/a`, '--events', 'RECEIVED_SMS');
  const commands = [
    ['keys', 'disable'],
    ['keys', 'delete', String(key.key_id)],
    ['webhooks', 'delete', String(webhook.id)],
  ];
  for (const command of commands) {
    expect(await mmw(command)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/\?.*Nothing was done.*add --yes/),
    });
  }
  expect(provider.signingKey()?.id).toBe(key.key_id);
  for (const command of commands) expect(await mmw([...command, '--yes'])).toMatchObject({ code: 0 });
  expect(await api.listSignatureKeys()).toEqual([]);
  // Its public key stays, to verify what it signed.
  const end = expect.any(String);
  expect(keyring()).toMatchObject([{ key_id: key.key_id, retired_at: end, deleted_at: end }]);
  expect(await json('keys', 'list')).toMatchObject([{ key_id: key.key_id, keyring: 'remembered' }]);
  expect(await mmw(['keys', 'forget', String(key.key_id), '--yes'])).toMatchObject({ code: 0 });
  expect(keyring()).toEqual([]);
  expect(await api.listWebhooks()).toEqual([]);
});

test('keys rotate says what it waits for, and can be stopped and taken up again at any time', async () => {
  const old = await json('keys', 'create', '--enable');
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  const age = (field: string) => {
    const keys = keyring().map((key) => (key[field] === undefined ? key : { ...key, [field]: hourAgo }));
    secrets.put('keyring', JSON.stringify({ keys }));
  };

  const first = start(['keys', 'rotate'], env);
  await first.said('until every function has read key');
  first.process.kill('SIGINT');
  await first.done;
  expect(provider.signingKey()?.id).toBe(old.key_id);

  age('pending_since');
  const second = start(['keys', 'rotate'], env);
  await second.said('still at MessageMedia, so that you can go back to it');
  second.process.kill('SIGINT');
  await second.done;
  expect(provider.signingKey()?.id).not.toBe(old.key_id);
  expect(keyring().map(({ key_id }) => key_id)).toContain(old.key_id);
  expect(await verifies()).toBe(true);

  age('retired_at');
  const { code, stderr } = await mmw(['keys', 'rotate']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(`key ${old.key_id} is deleted`) });
  expect((await api.listSignatureKeys()).map(({ key_id }) => key_id)).not.toContain(old.key_id);
});

test('send asks for delivery reports, and they arrive', async () => {
  await json('keys', 'create', '--enable');
  const before = provider.deliveries.length;
  const url = `${callback.url}/messagemedia`;
  const options = ['--to', '+61491570157', '--callback-url', url, '--metadata', 'order=4711'];
  const message = await json('send', 'Hello!', ...options);
  await provider.settled();
  const reports = provider.deliveries.slice(before).map(({ request }) => JSON.parse(String(request.body)));
  expect(reports.map(({ status }) => status)).toEqual(['enroute', 'submitted', 'delivered']);
  expect(reports[0]).toMatchObject({ message_id: message.message_id, metadata: { order: '4711' } });
});

describe('webhooks', () => {
  test('are created with a template that carries ids, listed, changed and deleted', async () => {
    const url = `${callback.url}/hook`;
    const created = await json('webhooks', 'create', '--url', url, '--events', 'DELIVERED_DR,FAILED_DR');
    const defaults = { method: 'POST', encoding: 'JSON', retries: 5, retry_delay: 60 };
    expect(created).toMatchObject({ url: `${url}?kind=delivery-report`, ...defaults });
    expect(created.template).toContain('"delivery_report_id":"$!esc.json($!drId)"');
    const changed = await json('webhooks', 'update', String(created.id), '--method', 'PUT');
    expect(changed).toMatchObject({ id: created.id, method: 'PUT', template: created.template });
    expect((await mmw(['webhooks', 'list'])).stdout).toContain(url);
    await json('webhooks', 'delete', String(created.id), '--yes');
    expect(await json('webhooks', 'list')).toEqual([]);
  });

  test('with a template that breaks are not made, and are told when they were made elsewhere', async () => {
    const url = `${callback.url}/broken`;
    const template = '{"reply_id":"$moId","text":"$moContent"}';
    const own = ['--url', url, '--events', 'RECEIVED_SMS'];
    calls.length = 0;
    const refused = await mmw(['webhooks', 'create', ...own, '--template', template]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Write "$!esc.json($!moContent)".') });
    expect(calls).toEqual([]);
    const webhook = { url, method: 'POST', encoding: 'JSON', events: ['RECEIVED_SMS'], template } as const;
    const { id } = await api.createWebhook(webhook);
    expect(await json('webhooks', 'list')).toMatchObject([{ id, problems: [{ code: 'unescaped' }] }]);
    expect((await mmw(['webhooks', 'list'])).stdout).toContain('$moContent is not escaped');
    // What is wrong already hinders no other change.
    const moved = await mmw(['webhooks', 'update', id, '--url', `${url}/2`]);
    expect(moved).toMatchObject({ code: 0, stderr: expect.stringContaining('$moContent is not escaped') });
    expect(await mmw(['webhooks', 'update', id, '--kind', 'reply'])).toMatchObject({ code: 1 });
    const mended = template.replace('$moContent', '$esc.json($!moContent)');
    expect(await json('webhooks', 'update', id, '--template', mended, '--kind', 'reply')).toMatchObject({ id });
    expect(await json('webhooks', 'list')).toMatchObject([{ id, problems: [] }]);
    await json('webhooks', 'delete', id, '--yes');
  });

  test('have the text of a template file, without the byte order mark and the line break of an editor', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'template-'));
    const file = join(folder, 'template.json');
    const url = `${callback.url}/file`;
    const own = ['--url', url, '--events', 'RECEIVED_SMS', '--kind', 'reply', '--template', `@${file}`];
    try {
      await writeFile(file, '\uFEFF{"reply_id":"$moId"}\r\n');
      const { id, template } = await json('webhooks', 'create', ...own);
      expect(template).toBe('{"reply_id":"$moId"}');
      await json('webhooks', 'delete', String(id), '--yes');
      await writeFile(file, Buffer.from('{"reply_id":"$moId"}', 'utf16le'));
      await writeFile(file, Buffer.concat([Buffer.from([0xff, 0xfe]), await readFile(file)]));
      expect(await mmw(['webhooks', 'create', ...own])).toMatchObject({ stderr: expect.stringContaining('not UTF-8') });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('have headers of their own, whose values no command shows', async () => {
    const url = `${callback.url}/headers`;
    const header = ['--header', 'X-Token: let-me-in', '--header', 'X-Other: a: b'];
    const make = () => mmw(['webhooks', 'create', '--url', url, '--events', 'RECEIVED_SMS', '--json', ...header]);
    const made = await make();
    const { id } = JSON.parse(made.stdout);
    const [stored] = await api.listWebhooks();
    expect(stored?.headers).toEqual({ 'X-Token': 'let-me-in', 'X-Other': 'a: b' });
    const outcomes = [
      made,
      await make(),
      await mmw(['webhooks', 'list', '--json']),
      await mmw(['webhooks', 'list']),
      await mmw(['webhooks', 'update', id, '--method', 'PUT', '--json']),
      await mmw(['webhooks', 'update', id, '--header', 'X=(let-me-in): x']),
      await mmw(['webhooks', 'update', id, '--header', 'X-Token: let-me-in\n']),
    ];
    for (const { stdout, stderr } of outcomes) expect(stdout + stderr).not.toContain('let-me-in');
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 1, 0]);
    await json('webhooks', 'delete', id, '--yes');
  });

  test.each([
    [['--events', 'LOST_DR'], 'LOST_DR is not one of ENROUTE_DR'],
    [['--retries', 'many'], 'Give a whole number from 0 to 5.'],
    [['--url', 'nowhere'], '/url: Not a valid http url'],
    [['--header', 'no colon'], '--header must be a name'],
    [['--header', 'Date: x'], 'itself sends Date'],
  ])('%j is refused in words', async (args, words) => {
    const all = ['webhooks', 'create', '--url', 'http://a.example/', '--events', 'RECEIVED_SMS', ...args];
    expect(await mmw(all)).toMatchObject({ code: 1, stderr: expect.stringContaining(words) });
  });
});

describe('--stack', () => {
  test('reads keyring and callback URL from the outputs of a deployed stack', async () => {
    const server = await startCloudFormation(() => ({
      KeyringSecretArn: 'keyring',
      CallbackUrl: `${callback.url}/deployed`,
    }));
    const environment = { ...env, AWS_ENDPOINT_URL_CLOUDFORMATION: server.url, KEYRING_SECRET_ID: '' };
    const { code, stdout } = await mmw(['keys', 'create', '--stack', 'Webhooks', '--json'], environment);
    expect({ code, key: JSON.parse(stdout) }).toMatchObject({ code: 0, key: { keyring: 'pending' } });
    expect(keyring()).toHaveLength(1);
    const sent = await mmw(['send', 'Hi', '--to', '+61491570157', '--stack', 'Webhooks'], environment);
    expect(sent.stdout).toContain(`${callback.url}/deployed`);
    await server.close();
  });
});

describe('what cannot work is said in words', () => {
  test.each([
    [
      'a wrong password',
      { MESSAGEMEDIA_API_SECRET: 'Wr0ng-password' },
      /401.*check MESSAGEMEDIA_API_KEY and MESSAGEMEDIA_API_SECRET/,
    ],
    ['no credentials', { MESSAGEMEDIA_API_KEY: '' }, /^MESSAGEMEDIA_API_KEY is not set/],
    ['an unreachable host', { MESSAGEMEDIA_BASE_URL: 'http://127.0.0.1:2' }, /could not reach 127\.0\.0\.1:2/],
    ['no region', { AWS_REGION: '' }, /: set AWS_REGION/],
    ['a base URL that would show the credentials', { MESSAGEMEDIA_BASE_URL: 'http://example.com' }, /https/],
    ['no keyring', { KEYRING_SECRET_ID: '' }, /No keyring is given: add --stack or --secret-id/],
    ['a keyring that is not there', { KEYRING_SECRET_ID: 'nowhere' }, /can't find the specified secret/],
  ])('%s', async (_what, environment, words) => {
    const { code, stdout, stderr } = await mmw(['keys', 'create'], { ...env, ...environment });
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(words) });
    expect(stderr).not.toContain('Wr0ng-password');
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
