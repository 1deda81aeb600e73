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

test('each kind of event gets a webhook with its own URL and template', () => {
  const wishes = wishesOf({ ...creation, readTimeout: 1_000 });
  expect(wishes.map((wish) => wish.url)).toEqual(
    ['delivery-report', 'reply', 'opt-out'].map((kind) => `${url}?kind=${kind}`),
  );
  expect(wishes.flatMap(({ events }) => events).toSorted()).toEqual(webhookEvents.toSorted());
  expect(wishes[2]).toEqual({
    url: `${url}?kind=opt-out`,
    method: 'POST',
    encoding: 'JSON',
    events: ['OPT_OUT_SMS'],
    template: templateFor('opt-out'),
    retries: 5,
    retry_delay: 60,
    read_timeout: 1_000,
  });
});

test('a template of your own serves all events in one webhook; a kind for several is refused', () => {
  const [wish, ...others] = wishesOf({ ...creation, template: '$moContent' });
  expect(others).toEqual([]);
  expect(wish).toMatchObject({ url: `${url}?kind=webhook`, encoding: 'JSON', events: webhookEvents });
  expect(wish).not.toHaveProperty('read_timeout');
  expect(() => wishesOf({ ...creation, kind: 'reply' })).toThrow('creates a webhook for each kind');
});

test('headers are sent with all webhooks, and a change of one keeps the others', async () => {
  const headers = { 'X-Token': 'a' };
  const wishes = wishesOf({ ...creation, headers });
  expect(wishes.map((wish) => wish.headers)).toEqual([headers, headers, headers]);
  expect(wishesOf(creation)[0]).not.toHaveProperty('headers');
  const [wish] = wishesOf({ ...creation, url: `${url}/headers`, events: ['RECEIVED_SMS'], headers });
  if (!wish) throw new Error('There is no wish');
  const { id } = await provider.createWebhook(wish);
  expect(await changeWebhook(provider, id, { headers: { 'X-Other': 'b' } })).toMatchObject({
    headers: { 'X-Token': 'a', 'X-Other': 'b' },
  });
});

test('a change that must not be is not made', async () => {
  const [wish] = wishesOf({ ...creation, url: `${url}/checked`, events: ['RECEIVED_SMS'] });
  if (!wish) throw new Error('There is no wish');
  const created = await provider.createWebhook(wish);
  const check = (changed: object) => {
    expect(changed).toEqual({ ...created, template: '{}', url: `${url}/checked?kind=webhook` });
    throw new Error('no');
  };
  await expect(changeWebhook(provider, created.id, { template: '{}' }, check)).rejects.toThrow('no');
  expect(await provider.listWebhooks()).toContainEqual(created);
});

test('a change keeps what is not named, and changes what no longer fits', async () => {
  const [wish] = wishesOf({ ...creation, events: ['RECEIVED_SMS'] });
  if (!wish) throw new Error('There is no wish');
  const created = await provider.createWebhook(wish);
  expect(await changeWebhook(provider, created.id, { method: 'PUT', url: undefined, template: undefined })).toEqual({
    ...created,
    method: 'PUT',
  });
  expect(await changeWebhook(provider, created.id, { events: ['OPT_OUT_SMS'] })).toEqual({
    ...created,
    method: 'PUT',
    events: ['OPT_OUT_SMS'],
    url: `${url}?kind=opt-out`,
    template: templateFor('opt-out'),
  });
  await expect(changeWebhook(provider, 'none', { method: 'PUT' })).rejects.toThrow('There is no webhook none');
});

test('an existing webhook with too few events is left alone, and the command that mends it is shown', async () => {
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
});
