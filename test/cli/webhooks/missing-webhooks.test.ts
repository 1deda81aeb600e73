import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createMissing } from '../../../cli/webhooks/missing-webhooks.ts';
import { createProvider, type Provider } from '../../../lambda/messagemedia/client.ts';
import { type ProviderSimulator, startProvider } from '../../../sandbox/messagemedia/server.ts';

let simulator: ProviderSimulator;
beforeAll(async () => {
  simulator = await startProvider();
});
afterAll(() => simulator.close());

let provider: Provider;
beforeEach(async () => {
  const { url: baseUrl, apiKey, apiSecret } = simulator;
  provider = createProvider({ baseUrl, apiKey, apiSecret });
  for (const { id } of await provider.listWebhooks()) await provider.deleteWebhook(id);
});

test('what is there is left as it is, and the rest is created: also after a call that was cut off', async () => {
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

test('an existing webhook with too few events is left alone, and the command that mends it is shown', async () => {
  const wish = {
    url: 'https://example.com/?kind=delivery-report',
    method: 'POST',
    encoding: 'JSON',
    events: ['SUBMITTED_DR', 'DELIVERED_DR'],
    template: '{}',
  } as const;
  const { id } = await provider.createWebhook({ ...wish, method: 'PUT', events: ['DELIVERED_DR', 'FAILED_DR'] });
  const told: string[][] = [];
  const onThere = (_webhook: object, changes: string[]) => told.push(changes);
  const [left] = await createMissing(provider, [wish], onThere);
  expect(left).toMatchObject({ id, method: 'PUT' });
  expect(told).toEqual([['--method POST', '--events SUBMITTED_DR,DELIVERED_DR,FAILED_DR']]);
  await provider.updateWebhook(id, { method: 'POST', events: ['SUBMITTED_DR', 'DELIVERED_DR', 'FAILED_DR'] });
  await createMissing(provider, [wish], onThere);
  expect(told.at(-1)).toEqual([]);
  await createMissing(provider, [{ ...wish, headers: { 'X-Token': 'secret' } }], onThere);
  expect(told.at(-1)).toEqual(["--header 'X-Token: …'"]);
});
