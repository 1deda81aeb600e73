import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import { listen } from '../../sandbox/http.ts';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { deliver, toWire } from '../../signing/sender.ts';
import { keyringOf, makeKey } from '../support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const inShell = promisify(execFile);
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'webhooks-'));
  folders.push(folder);
  return folder;
}

function start(args: string[], env: Record<string, string> = {}, folder = root) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const options = { cwd: folder, env: { ...process.env, PORT: '0', ...env } };
    execFile(process.execPath, [join(folder, 'sandbox/start.js'), ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

test('the tour ends well, row for row', async () => {
  const { code, stdout, stderr } = await start(['--once'], { NO_COLOR: '1' });
  const lines = stdout.split('\n').filter((line) => line.startsWith('✓') || line.startsWith('✗'));
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  const rows = lines.map((line) => line.split(/ {2,}/));
  const queued = (what: string) => [`✓ ${what}`, '202 queued', expect.stringMatching(/^[0-9a-f]{8} re-verified$/)];
  const refused = (what: string, reason: string) => [`✓ ${what}`, '401 refused', reason];
  expect(rows).toEqual([
    ...['ENROUTE_DR', 'SUBMITTED_DR', 'DELIVERED_DR'].map((kind) => queued(`sent message: ${kind}`)),
    ...['delivery report', 'SMS reply with emoji', 'MMS reply with attachment', 'opt-out'].map(queued),
    ...['XML webhook', 'form webhook', 'GET webhook, encoded query'].map(queued),
    refused('unsigned call', 'unsigned'),
    refused('changed body', 'invalid_signature'),
    refused('stale date', 'stale_date'),
    refused("stranger's key", 'invalid_signature'),
    ['✓ replay of the delivery report', '202 queued already', expect.stringMatching(/^[0-9a-f]{8} no second copy$/)],
  ]);
  expect(rows[14]?.[2]?.slice(0, 8)).toBe(rows[3]?.[2]?.slice(0, 8));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('with --data, keyring and calls outlive the sandbox, and a refused call is explained', async () => {
  const folder = await newFolder();
  const file = join(folder, 'keyring.json');
  const key = makeKey();
  await writeFile(file, keyringOf(key));
  await writeFile(join(folder, 'calls.jsonl'), '{"cut off');
  const first = run('--data', folder);
  const url = await first.said(/webhooks +(http\S+)\/messagemedia/);
  const request = toWire(sampleWebhooks('/messagemedia').smsReply, key);
  expect(await deliver(url, request)).toMatchObject({ status: 202 });
  await first.said(/(202 queued)/);
  const broken = { ...request, body: Buffer.from(JSON.stringify(JSON.parse(String(request.body)), null, 2)) };
  expect(await deliver(url, broken)).toMatchObject({ status: 401 });
  await first.said(/(The body was parsed and written again\.\n +Verify the raw bytes)/);
  await fetch(`${url}/wrong`);
  await first.said(/(404 refused +no_route\n +The path \/wrong is not the receiver's\.)/);
  const line = await first.said(/(eval .*)/);
  const { stdout: secrets } = await inShell('bash', ['-c', `${line}; printf %s "$AWS_ENDPOINT_URL_SECRETS_MANAGER"`]);
  await fetch(secrets, {
    method: 'POST',
    headers: { 'x-amz-target': 'secretsmanager.PutSecretValue', 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({ SecretId: 'keyring', SecretString: '{"keys":[]}' }),
  });
  expect(await readFile(file, 'utf8')).toBe('{"keys":[]}');
  await end(first.child);

  await writeFile(file, keyringOf(key));
  const second = run('--data', folder);
  const inspector = await second.said(/inspector +(http\S+)/);
  const call = await (await fetch(`${inspector}/calls/1`)).json();
  expect(call).toMatchObject({ verdict: 'queued', type: 'com.messagemedia.reply', keyId: key.id });
  expect((call as { consumer: string }).consumer).toContain('"signature": "good"');
  await end(second.child);
});

test('a reader that stops reading ends no tour', async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell reads it
  const script = '"$NODE" "$0" --once | head -1; echo "${PIPESTATUS[0]}"';
  const env = { ...process.env, PORT: '0', NO_COLOR: '1', NODE: process.execPath };
  const { stdout, stderr } = await inShell('bash', ['-c', script, join(root, 'sandbox/start.js')], { env });
  expect({ stdout: stdout.split('\n').slice(1), stderr }).toEqual({ stdout: ['0', ''], stderr: '' });
});

test('--help lists the arguments', async () => {
  const { code, stdout, stderr } = await start(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const argument of ['--once', '--data DIR', 'PORT']) expect(stdout).toContain(argument);
});

test('a busy port is one clear line', async () => {
  const other = await listen(0, () => {});
  const port = new URL(other.url).port;
  const { code, stderr } = await start(['--once'], { PORT: port });
  await other.close();
  expect(code).toBe(1);
  expect(stderr).toBe(
    `Port ${port} is in use: stop the program that uses it, or choose other ports with PORT=4000 npm start.\n`,
  );
});

test.each([
  [['--twice'], {}, /^Unknown argument in "--twice": .*\n$/],
  [[], { PORT: 'http' }, /^PORT is "http": .*\n$/],
])('a wrong call is one clear line: %j %j', async (args, env, expected) => {
  expect(await start(args, env)).toMatchObject({ code: 1, stderr: expect.stringMatching(expected) });
});

test('a missing install is one clear line', async () => {
  const folder = await newFolder();
  await cp(join(root, 'sandbox'), join(folder, 'sandbox'), { recursive: true });
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  expect(await start([], {}, folder)).toMatchObject({
    code: 1,
    stderr: 'Dependencies are not installed: run "npm ci" first.\n',
  });
});

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'close');
}

/** A sandbox as a person starts it. `said` resolves with the part of its output that matches. */
function run(...args: string[]) {
  const child = spawn(process.execPath, [join(root, 'sandbox/start.js'), ...args], {
    env: { ...process.env, PORT: '0', NO_COLOR: '1' },
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const said = async (shape: RegExp) => {
    while (!shape.test(output)) await once(child.stdout, 'data');
    return shape.exec(output)?.[1] ?? '';
  };
  return { child, said };
}
