import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Provider } from '../../../lambda/messagemedia/client.ts';
import type { ProviderSimulator } from '../../../sandbox/messagemedia/server.ts';
import { clientOf, failureOf, startPair } from './fixture.ts';

let provider: ProviderSimulator;
let client: Provider;
let pauses: number[];
beforeEach(async () => {
  ({ provider, client, pauses } = await startPair());
});
afterEach(() => provider.close());

const faults = [{ status: 500 }, { status: 503 }, 'reset', 'lost_answer'] as const;

describe('calls that are safe to repeat', () => {
  test.each(faults)('GET after %j', async (fault) => {
    await client.createSignatureKey('SHA256');
    provider.failNext(/GET/, fault);
    expect(await client.listSignatureKeys()).toHaveLength(1);
    expect(pauses).toHaveLength(1);
  });

  test('GET after an answer that broke off', async () => {
    await client.createSignatureKey('SHA256');
    provider.failNext(/GET/, 'half_answer');
    expect(await client.listSignatureKeys()).toHaveLength(1);
  });

  test('GET after no answer in time', async () => {
    provider.failNext(/GET/, 'hang');
    const hasty = clientOf(provider, { timeoutMilliseconds: 500 });
    expect(await hasty.client.listSignatureKeys()).toEqual([]);
    expect(hasty.pauses.length).toBeGreaterThan(0);
  });

  test.each(faults)('enabling a key after %j', async (fault) => {
    const { key_id } = await client.createSignatureKey('SHA256');
    provider.failNext(/PATCH/, fault);
    expect(await client.enableSignatureKey(key_id)).toMatchObject({ key_id, enabled: true });
    expect(provider.signingKey()?.id).toBe(key_id);
  });

  test.each(faults)('updating a webhook after %j', async (fault) => {
    const { id } = await client.createWebhook({
      url: 'https://a.example/',
      method: 'POST',
      encoding: 'JSON',
      events: ['RECEIVED_SMS'],
    });
    provider.failNext(/PATCH/, fault);
    expect(await client.updateWebhook(id, { encoding: 'XML' })).toMatchObject({ id, encoding: 'XML' });
  });

  test.each(faults)('deleting a key after %j, also when the first try did it', async (fault) => {
    const { key_id } = await client.createSignatureKey('SHA256');
    provider.failNext(/DELETE/, fault);
    await client.deleteSignatureKey(key_id);
    expect(provider.signatureKeys()).toEqual([]);
  });

  test('a delete that was only turned away before does not pass for done', async () => {
    provider.failNext(/DELETE/, { status: 429 });
    const error = await failureOf(client.deleteSignatureKey('00000000-0000-4000-8000-000000000000'));
    expect(error.code).toBe('not_found');
  });

  test('four tries, with pauses that grow and differ', async () => {
    for (let tries = 0; tries < 4; tries++) provider.failNext(/GET/, { status: 500 });
    expect(await failureOf(client.listSignatureKeys())).toMatchObject({ code: 'server_error' });
    expect(await client.listSignatureKeys()).toEqual([]);
    expect(pauses).toHaveLength(3);
    for (const [index, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThan(250 * 2 ** index);
      expect(pause).toBeLessThanOrEqual(500 * 2 ** index);
    }
  });

  test.each([400, 401, 403, 404, 409])('%i is final', async (status) => {
    provider.failNext(/GET/, { status });
    expect(await failureOf(client.listSignatureKeys())).toMatchObject({ status });
    expect(pauses).toEqual([]);
  });
});

describe('calls that are not', () => {
  test.each(faults)('creating a key is not repeated after %j', async (fault) => {
    provider.failNext(/POST/, fault);
    await failureOf(client.createSignatureKey('SHA256'));
    expect(provider.signatureKeys()).toHaveLength(fault === 'lost_answer' ? 1 : 0);
    expect(pauses).toEqual([]);
  });

  test('nor is sending a message or creating a webhook', async () => {
    provider.failNext(/POST/, { status: 500 });
    expect(await failureOf(client.sendMessages([]))).toMatchObject({ code: 'server_error' });
    provider.failNext(/POST/, { status: 500 });
    const webhook = { url: 'https://a.example/', method: 'GET', encoding: 'JSON', events: ['RECEIVED_SMS'] } as const;
    expect(await failureOf(client.createWebhook(webhook))).toMatchObject({ code: 'server_error' });
    expect(await client.listWebhooks()).toEqual([]);
  });
});

describe('429 says that nothing was done', () => {
  test('so even a key is asked for again, after as long as the answer asks for', async () => {
    provider.failNext(/POST/, { status: 429, headers: { 'retry-after': '7' } });
    provider.failNext(/POST/, { status: 429 });
    expect(await client.createSignatureKey('SHA256')).toMatchObject({ enabled: false });
    expect(provider.signatureKeys()).toHaveLength(1);
    expect(pauses).toEqual([7000, expect.any(Number)]);
  });

  test('a date is understood as well', async () => {
    const inTenSeconds = new Date(Date.now() + 10_000).toUTCString();
    provider.failNext(/GET/, { status: 429, headers: { 'retry-after': inTenSeconds } });
    await client.listSignatureKeys();
    expect(pauses[0]).toBeGreaterThan(0);
    expect(pauses[0]).toBeLessThanOrEqual(10_000);
  });

  test('a wait that is too long is left to the caller', async () => {
    provider.failNext(/GET/, { status: 429, headers: { 'retry-after': '3600' } });
    const error = await failureOf(client.listSignatureKeys());
    expect(error).toMatchObject({ code: 'rate_limited', message: expect.stringContaining('3600 s') });
    expect(pauses).toEqual([]);
  });
});
