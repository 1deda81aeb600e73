import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createMissing } from '../../bin/missing-webhooks.ts';
import { createProvider } from '../../lambda/provider/provider.ts';
import { type ProviderSimulator, startProvider } from '../../sandbox/provider/provider.ts';

let simulator: ProviderSimulator;
beforeAll(async () => {
  simulator = await startProvider();
});
afterAll(() => simulator.close());

test('what is there is left as it is, and the rest is created: also after a call that was cut off', async () => {
  const { url: baseUrl, apiKey, apiSecret } = simulator;
  const provider = createProvider({ baseUrl, apiKey, apiSecret });
  const wish = (url: string) => ({
    url,
    method: 'POST' as const,
    encoding: 'JSON' as const,
    events: ['RECEIVED_SMS' as const],
    template: '{}',
  });
  const wishes = ['a', 'b', 'c'].map((kind) => wish(`https://example.com/?kind=${kind}`));
  const there: string[] = [];
  const create = () => createMissing(provider, wishes, ({ url }) => there.push(url));
  simulator.failNext(/POST .*webhooks/, { status: 400 });
  await createMissing(provider, wishes.slice(1, 2), () => {}).catch(() => {});
  await createMissing(provider, wishes.slice(0, 1), () => {});
  const made = await create();
  expect(there).toEqual([wishes[0]?.url]);
  expect(made.map(({ url }) => url)).toEqual(wishes.map(({ url }) => url));
  expect(await create()).toEqual(made);
  expect(await provider.listWebhooks()).toHaveLength(3);
});
