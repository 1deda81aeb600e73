import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, jest, test } from '@jest/globals';
import { build } from 'esbuild';
import { sampleWebhooks } from '../../signing/sample-webhooks.ts';
import { startReceiver } from '../received.ts';
import { keyringOf, makeKey } from '../support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The first piece of TypeScript on a page. */
const codeOf = (page: string) => /```ts\n(.*?)```/s.exec(readFileSync(`${root}/${page}`, 'utf8'))?.[1] ?? '';

const key = makeKey();
const receive = startReceiver(key);
const samples = sampleWebhooks('/messagemedia');

/** Bundles a snippet as the CDK would, and loads it. */
async function load(code: string) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
  });
  const module = { exports: {} as Record<string, (...args: unknown[]) => Promise<unknown>> };
  new Function('module', 'require', outputFiles[0]?.text ?? '')(module, process.getBuiltinModule);
  return module.exports;
}

test('the minimal consumer of the README works', async () => {
  const { handler } = await load(codeOf('README.md'));
  const messages = await Promise.all([samples.deliveryReport, samples.smsReply, samples.xml].map(receive));
  const log = jest.spyOn(console, 'log').mockImplementation(() => {});
  await handler?.({ Records: messages.map(({ body }) => ({ body })) });
  expect(log.mock.calls).toEqual([
    ['dc6f7774-9572-41a8-9a6b-9976a98db4a9', 'delivered'],
    ['a175e797-2b54-468b-9850-41a3eab32f74', 'Danke schön, bis später! 👍🏽 你好'],
  ]);
  log.mockRestore();
});

test('the verifying consumer of docs/events.md works', async () => {
  const { open } = await load(codeOf('docs/events.md'));
  const { body, id } = await receive(samples.optOut);
  expect(await open?.(body, keyringOf(key))).toMatchObject({ id, payload: { content: 'STOP' } });
  await expect(open?.(body.replace('STOP', 'STAY'), keyringOf(key))).rejects.toThrow('not good');
});
