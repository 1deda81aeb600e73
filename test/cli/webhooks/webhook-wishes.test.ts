import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { templateFor } from '../../../cli/webhooks/templates.ts';
import { changeWebhook, createMissing, wishesOf } from '../../../cli/webhooks/webhook-wishes.ts';
import { createProvider, type Provider } from '../../../lambda/messagemedia/client.ts';
import { webhookEvents } from '../../../lambda/messagemedia/types.ts';
import { type ProviderSimulator, startProvider } from '../../../sandbox/messagemedia/server.ts';

let simulator: ProviderSimulator;
let provider: Provider;
beforeAll(async () => {
  simulator = await startProvider();
  const { url: baseUrl, apiKey, apiSecret } = simulator;
  provider = createProvider({ baseUrl, apiKey, apiSecret });
});
afterAll(() => simulator.close());

const url = 'https://example.com/m';
const creation = { url, events: webhookEvents, retries: 5, retryDelay: 60 };

test('each kind of event gets a webhook with its own URL and template, and the headers', () => {
  const headers = { 'X-Token': 'a' };
  const wishes = wishesOf({ ...creation, headers });
  expect(wishes.flatMap(({ events }) => events).toSorted()).toEqual(webhookEvents.toSorted());
  expect(wishes.map((wish) => [wish.url, wish.template, wish.headers])).toEqual(
    (['delivery-report', 'reply', 'opt-out'] as const).map((kind) => [
      `${url}?kind=${kind}`,
      templateFor(kind),
      headers,
    ]),
  );
  expect(wishes[2]).toMatchObject({ events: ['OPT_OUT_SMS'], retries: 5, retry_delay: 60 });
});

test('a template of your own serves all events in one webhook; a kind for several is refused', () => {
  const [wish, ...others] = wishesOf({ ...creation, template: '$moContent' });
  expect(others).toEqual([]);
  expect(wish).toMatchObject({ url: `${url}?kind=webhook`, encoding: 'JSON', events: webhookEvents });
  expect(wish).not.toHaveProperty('headers');
  expect(() => wishesOf({ ...creation, kind: 'reply' })).toThrow('makes a webhook for each kind');
});

test('a change keeps what is not named and other headers, changes what no longer fits, and is checked before', async () => {
  const [wish] = wishesOf({ ...creation, events: ['RECEIVED_SMS'], headers: { 'X-Token': 'a' } });
  if (!wish) throw new Error('There is no wish');
  const created = await provider.createWebhook(wish);
  const refuse = (changed: object) => {
    expect(changed).toEqual({ ...created, template: '{}', url: `${url}?kind=webhook` });
    throw new Error('no');
  };
  await expect(changeWebhook(provider, created.id, { template: '{}' }, refuse)).rejects.toThrow('no');
  expect(await provider.listWebhooks()).toContainEqual(created);
  const parts = { method: 'PUT', url: undefined, headers: { 'X-Other': 'b' }, events: ['OPT_OUT_SMS'] } as const;
  expect(await changeWebhook(provider, created.id, parts)).toEqual({
    ...created,
    ...{ method: 'PUT', headers: { 'X-Token': 'a', 'X-Other': 'b' }, events: ['OPT_OUT_SMS'] },
    ...{ url: `${url}?kind=opt-out`, template: templateFor('opt-out') },
  });
  await expect(changeWebhook(provider, 'none', { method: 'PUT' })).rejects.toThrow('There is no webhook none');
});

test('an existing webhook that is not as wished is left alone, and the command that mends it is shown', async () => {
  const wish = {
    url: `${url}?kind=delivery-report`,
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
  for (const [template, change] of [
    ['{"a":1}', '…'],
    [templateFor('delivery-report'), 'delivery-report'],
  ] as const) {
    await createMissing(provider, [{ ...wish, template }], onThere);
    expect(told.at(-1)).toEqual([`--template ${change}`]);
  }
});
