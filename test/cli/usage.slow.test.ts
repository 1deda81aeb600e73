import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { run } from './terminal.ts';

/** Runs `mmw` without any setting in its environment. */
async function mmw(...args: string[]): Promise<{ code: number | null; output: string }> {
  const { code, stdout, stderr } = await run(args, {});
  return { code, output: stdout + stderr };
}

test('says its version', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../cli/package.json', import.meta.url), 'utf8'));
  expect(await mmw('--version')).toEqual({ code: 0, output: `${version}\n` });
});

test.each(['keys create', 'keys rotate', 'queue peek', 'webhooks create', 'send', 'reconcile', 'opt-outs'])(
  'mmw %s has help with the options of every command and none for a secret, and points to it when called in a wrong way',
  async (command) => {
    const { code, output } = await mmw(...command.split(' '), '--help');
    expect(code).toBe(0);
    for (const option of ['--base-url', '--json', '--account']) expect(output).toContain(option);
    expect(output).not.toMatch(/--(api-)?(secret|password|key)\b(?!-id)/);
    const wrong = await mmw(...command.split(' '), '--no-such-option');
    expect(wrong).toEqual({ code: 1, output: expect.stringContaining(`(mmw ${command} --help lists the options)`) });
  },
);

/** The names of all commands, as their helps list them. */
async function commandsOf(path: string[] = []): Promise<string[]> {
  const { output } = await mmw(...path, '--help');
  const listed = /\nCommands:\n(.*?)\n(?:\n|$)/s.exec(output)?.[1];
  if (listed === undefined) return [path.join(' ')];
  const names = [...listed.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name).filter((name) => name !== 'help');
  const own = await Promise.all(names.map((name) => commandsOf([...path, name])));
  return [path.join(' '), ...own.flat()];
}

test('the help of every command has examples, of options that it has', async () => {
  const commands = await commandsOf();
  expect(commands.length).toBeGreaterThan(30);
  for (const command of commands) {
    const { output } = await mmw(...command.split(' ').filter(Boolean), '--help');
    const [options = '', examples = ''] = output.split('\nExamples:\n');
    const used = examples.match(/--[a-z-]+/g) ?? [];
    expect([command, examples]).toEqual([command, expect.stringContaining(`mmw ${command}`)]);
    if (output.includes('\nCommands:\n')) continue;
    for (const option of used) expect([command, options]).toEqual([command, expect.stringContaining(option)]);
  }
});

test('help leads as far as it is asked to, and says what is not there', async () => {
  const { output } = await mmw('keys', 'rotate', '--help');
  expect(output).toContain('Usage: mmw keys rotate');
  expect(await mmw('help', 'keys', 'rotate')).toEqual({ code: 0, output });
  expect((await mmw('help')).output).toContain('Usage: mmw [options] [command]');
  expect(await mmw('help', 'keys', 'nothing')).toMatchObject({
    code: 1,
    output: expect.stringContaining('"keys nothing"'),
  });
});

test.each([
  ['keys list --stack One --secret-id two', /'--stack <name>' cannot be used with option '--secret-id/],
  ['queue peek --stack One --queue-url https://queue', /'--stack <name>' cannot be used with option '--queue-url/],
  ['reconcile --stack One --confirm --dry-run', /'--confirm' cannot be used with option '--dry-run'/],
  ['keys rotate --abandon --digest SHA512', /'--abandon' cannot be used with option '--digest/],
  ['capture --stack One --stop --count 3', /'--stop' cannot be used with option '--count/],
  ['simulate http://127.0.0.1:1/ --stack One', /Give a URL or --stack, not both/],
  ['doctor file --capture --stack One', /'file' cannot be used with option '--capture'/],
  ['opt-outs --numbers --json', /'--numbers' cannot be used with option '--json'/],
  ['sign https://a --private-key file --curl --json', /'--curl' cannot be used with option '--json'/],
])('%s: options that contradict each other are an error', async (line, expected) => {
  const { code, output } = await mmw(...line.split(' '));
  expect(code).toBe(1);
  expect(output).toMatch(expected);
  expect(output).toMatch(/\(mmw [a-z -]+ --help /);
});

test.each([
  ['webhooks create --events DELIVERED_DR', 'mmw webhooks create --help'],
  ['webhooks create --url https://a --events all --kind reply', 'mmw webhooks create --help'],
  ['simulate', 'mmw simulate --help'],
  ['simulate nowhere', 'mmw simulate --help'],
  ['doctor', 'mmw doctor --help'],
  ['send Hello --to +61491570156', 'mmw send --help'],
  ['reconcile --since 10m', 'mmw reconcile --help'],
  ['--base-url bogus webhooks list', 'mmw --help'],
  ['queue peek --receiver Marketing', 'mmw queue peek --help'],
  ['--receiver a$b outputs --stack s', 'mmw --help'],
])('%s: what is missing is a usage error, which points to the help', async (line, help) => {
  const { code, output } = await mmw(...line.split(' '));
  expect(code).toBe(1);
  expect(output).toMatch(/^error: /);
  expect(output).toContain(`(${help} `);
});

test.each([
  ['webhooks list --base-url bogus', "'bogus' is invalid"],
  ['sign https://a --private-key nowhere.pem', 'File nowhere.pem could not be read'],
  ['sign https://a --private-key package.json', 'File package.json holds no private key'],
  ['webhooks create --url https://a --events RECEIVED_SMS --template @nowhere', 'File nowhere could not be read'],
  ['simulate https://example.com/webhooks', 'https://example.com/webhooks is not on this machine.'],
  ['simulate http://localhost:1/', 'Add --private-key FILE'],
])('%s: the error names what was given', async (line, words) => {
  const { code, output } = await mmw(...line.split(' '));
  expect(code).toBe(1);
  expect(output).toContain(words);
});

test('defaults are shown as one writes them', async () => {
  const { output } = await mmw('reconcile', '--help');
  expect(output).toContain('(default: 15m)');
});
