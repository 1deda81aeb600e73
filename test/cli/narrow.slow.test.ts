import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createProvider } from '../../lambda/messagemedia/client.ts';
import { type ProviderSimulator, startProvider } from '../../sandbox/messagemedia/server.ts';
import { localEnvironment, run } from './terminal.ts';

/** Lets a program believe that it writes on a terminal of this width. */
const terminalOf = (columns: number) => ({
  NODE_OPTIONS: `--import=data:text/javascript,for(const%20s%20of[process.stdout,process.stderr]){s.isTTY=true;s.columns=${columns}}`,
});

/** Lines that are too wide, but for those with a single word, or a command that is to be copied. */
function tooWide(output: string, columns: number): string[] {
  return output
    .split('\n')
    .filter((line) => stripVTControlCharacters(line).length > columns)
    .filter((line) => /\S\s+\S/.test(line) && !/^\s*(npx|mmw|export|unset) /.test(line));
}

let provider: ProviderSimulator;
let keyId: string;
const webhookUrl =
  'https://abcdefghij.execute-api.ap-southeast-2.amazonaws.com/production/messagemedia?kind=delivery-report';
beforeAll(async () => {
  provider = await startProvider();
  const api = createProvider({ baseUrl: provider.url, apiKey: provider.apiKey, apiSecret: provider.apiSecret });
  ({ key_id: keyId } = await api.createSignatureKey('SHA256'));
  const events = ['SUBMITTED_DR', 'DELIVERED_DR'] as const;
  await api.createWebhook({ url: webhookUrl, method: 'POST', encoding: 'JSON', events, template: '{}' });
  const [sent] = await api.sendMessages([{ content: 'Hi', destination_number: '+61491570156' }]);
  provider.optOut(sent?.message_id ?? '');
});
afterAll(() => provider.close());

const columns = 60;
const mmw = (...args: string[]) => {
  const { url, apiKey, apiSecret } = provider;
  const credentials = {
    MESSAGEMEDIA_BASE_URL: url,
    MESSAGEMEDIA_API_KEY: apiKey,
    MESSAGEMEDIA_API_SECRET: apiSecret,
  };
  return run(args, localEnvironment(credentials), { columns });
};

test.each([
  ['--help'],
  ['keys rotate --help'],
  ['webhooks create --help'],
  ['opt-outs'],
  ['simulate https://example.com/webhooks'],
  ['queue peek --stack One --queue-url two'],
  ['keys list'],
  ['keys show KEY'],
  ['webhooks list'],
])('no line of mmw %s is wider', async (line) => {
  const { stdout, stderr } = await mmw(...line.replace('KEY', keyId).split(' '));
  expect(stdout + stderr).not.toBe('');
  expect(tooWide(stdout + stderr, columns)).toEqual([]);
});

test('a URL that is too long for its cell goes on in its column', async () => {
  const { stdout } = await mmw('webhooks', 'list');
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
  expect(stdout).toMatch(/^ {2}url {7}https:.*\n {12}\S/m);
  expect(stdout.replace(/\n {12}/g, '')).toContain(webhookUrl);
});

test('no line of the tour is wider', async () => {
  const program = fileURLToPath(new URL('../../sandbox/start.js', import.meta.url));
  const env = { PATH: process.env.PATH, PORT: '0', ...terminalOf(columns) };
  const child = spawn(process.execPath, [program, '--once'], { env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
  expect(output).toContain('delivery report');
  expect(tooWide(output, columns)).toEqual([]);
});
