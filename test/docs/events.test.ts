import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
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

test('the verifying consumer of docs/events.md works', async () => {
  const { open } = await load(codeOf('docs/events.md'));
  const { body, id } = await receive(samples.optOut);
  expect(await open?.(body, keyringOf(key))).toMatchObject({ id, payload: { content: 'STOP' } });
  await expect(open?.(body.replace('STOP', 'STAY'), keyringOf(key))).rejects.toThrow('not good');
});
