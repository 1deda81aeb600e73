import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import type { Provider } from '../../../lambda/messagemedia/client.ts';
import type { WebhookDefinition } from '../../../lambda/messagemedia/types.ts';
import { readBody } from '../../../sandbox/http.ts';
import type { ProviderSimulator } from '../../../sandbox/messagemedia/server.ts';
import { clientOf, failureOf, startPair, withServer } from './fixture.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const webhook: WebhookDefinition = {
  url: 'https://example.com/hook',
  method: 'POST',
  encoding: 'JSON',
  events: ['RECEIVED_SMS'],
  headers: { 'X-Tenant': 'a' },
  template: '{"id":"$moId"}',
  retries: 2,
  retry_delay: 5,
  read_timeout: 5000,
};

let provider: ProviderSimulator;
let client: Provider;
beforeAll(async () => {
  ({ provider, client } = await startPair());
});
afterAll(() => provider.close());

describe('signature keys', () => {
  test('are created, enabled, shown, disabled and deleted', async () => {
    const created = await client.createSignatureKey('SHA512');
    expect(created).toMatchObject({ key_id: expect.stringMatching(uuid), digest: 'SHA512', enabled: false });
    expect(parseKeyring(JSON.stringify(created)).keys).toMatchObject([{ id: created.key_id, digest: 'SHA512' }]);
    expect(await client.getEnabledSignatureKey()).toBeUndefined();

    const { public_key: _, ...shown } = created;
    expect(await client.getSignatureKey(created.key_id)).toEqual(shown);
    expect(await client.enableSignatureKey(created.key_id)).toEqual({ ...shown, enabled: true });
    expect(await client.getEnabledSignatureKey()).toEqual({ ...shown, enabled: true });

    expect(await client.disableSignatureKey()).toBeUndefined();
    expect(await client.getEnabledSignatureKey()).toBeUndefined();
    expect(await client.deleteSignatureKey(created.key_id)).toBeUndefined();
    expect(await failureOf(client.getSignatureKey(created.key_id))).toMatchObject({ code: 'not_found', status: 404 });
  });

  test('an id that would make it another call is refused before anything is called', async () => {
    const { key_id } = await client.createSignatureKey('SHA256');
    await client.enableSignatureKey(key_id);
    for (const id of ['enabled', '', '../../webhooks/messages', `${key_id}?a=b`]) {
      for (const call of [client.deleteSignatureKey(id), client.enableSignatureKey(id)]) {
        expect(await failureOf(call)).toMatchObject({
          code: 'invalid_request',
          message: 'The id of the key or webhook is not a UUID, so no call was made',
        });
      }
    }
    expect(await client.getEnabledSignatureKey()).toMatchObject({ key_id });
    await client.deleteSignatureKey(key_id);
  });
});

test('webhooks are created, listed over all pages, updated and deleted', async () => {
  const created = await client.createWebhook(webhook);
  expect(created).toEqual({ ...webhook, id: expect.stringMatching(uuid) });
  const { template: _, ...plain } = webhook;
  for (let index = 0; index < 20; index++) {
    await client.createWebhook({ ...plain, url: `https://example.com/hook/${index}` });
  }
  expect(await client.listWebhooks()).toHaveLength(21);

  const changed = await client.updateWebhook(created.id, { events: ['DELIVERED_DR'], template: '$mtId' });
  expect(changed).toEqual({ ...created, events: ['DELIVERED_DR'], template: '$mtId' });
  for (const { id } of await client.listWebhooks()) await client.deleteWebhook(id);
  expect(await client.listWebhooks()).toEqual([]);
  expect(await failureOf(client.deleteWebhook(created.id))).toMatchObject({ code: 'not_found' });
});

/** The client's result for an answer with this body, and the number of calls. */
async function answering<T>(body: object, work: (client: Provider) => Promise<T>, status = 200) {
  let calls = 0;
  const result = await withServer(
    (_request, response) => {
      calls++;
      response.writeHead(status).end(JSON.stringify(body));
    },
    (server) => work(clientOf(server).client),
  );
  return { result, calls };
}

const keyId = '0000000a-0000-4000-8000-000000000000';
const key = { key_id: keyId, cipher: 'RSA', digest: 'SHA256', created: '2026-01-01T00:00:00Z', enabled: true };

describe('an answer of the right form that is not the answer to the call', () => {
  const other = { ...key, key_id: keyId.replace('a', 'b') };
  test.each<[string, object, (at: Provider) => Promise<unknown>, string]>([
    ['shows another key', other, (at) => at.getSignatureKey(keyId), 'key_id is that of another key'],
    ['enables another key', other, (at) => at.enableSignatureKey(keyId), 'key_id is that of another key'],
    ['enables nothing', { ...key, enabled: false }, (at) => at.enableSignatureKey(keyId), 'enabled is false'],
    ['has a disabled key as the enabled one', { ...key, enabled: false }, enabledKey, 'enabled is false'],
    ['has one message for none', { messages: [{ message_id: keyId, status: 'queued' }] }, sendNothing, '1 entries'],
  ])('that %s is refused', async (_name, body, work, words) => {
    const { result } = await answering(body, (at) => failureOf(work(at)));
    expect(result).toMatchObject({ code: 'malformed_answer', status: 200, message: expect.stringContaining(words) });
  });

  test('but an id in capitals is the same id', async () => {
    const { result } = await answering({ ...key, key_id: keyId.toUpperCase() }, (at) => at.getSignatureKey(keyId));
    expect(result).toEqual({ ...key, key_id: keyId.toUpperCase() });
  });
});

test.each([
  [403, 'forbidden'],
  [400, 'invalid_request'],
])('that webhooks are not signed is never concluded from a %i', async (status, code) => {
  const { result } = await answering({}, (at) => failureOf(enabledKey(at)), status);
  expect(result).toMatchObject({ code, status });
});

describe('a list', () => {
  const pageOf = (start: number) =>
    Array.from({ length: 20 }, (_, index) => ({
      ...key,
      key_id: `00000000-0000-4000-8000-${String(start + index).padStart(12, '0')}`,
    }));

  test('ends at a page that is not full', async () => {
    const pages = [pageOf(0), [key]];
    const listed = await withServer(
      (_request, response) => response.end(JSON.stringify(pages.shift())),
      (server) => clientOf(server).client.listSignatureKeys(),
    );
    expect(listed).toEqual([...pageOf(0), key]);
  });

  test('ends when the server never turns its page', async () => {
    const { result, calls } = await answering(pageOf(0), (at) => at.listSignatureKeys());
    expect(result).toEqual(pageOf(0));
    expect(calls).toBe(2);
  });

  test('of 50 full pages is refused: it may be without end', async () => {
    let count = 0;
    const error = await withServer(
      (_request, response) => response.end(JSON.stringify(pageOf(20 * count++))),
      (server) => failureOf(clientOf(server).client.listSignatureKeys()),
    );
    expect(error.code).toBe('malformed_answer');
    expect(error.message).toBe(
      'The list of GET /v1/iam/signature_keys has more than 50 pages of 20: delete entries that are not in use',
    );
    expect(count).toBe(50);
  });
});

test.each([
  ['delivery_reports', 'delivery_report_ids', 'confirmDeliveryReports'],
  ['replies', 'reply_ids', 'confirmReplies'],
] as const)('%s are confirmed by hundreds, whatever text the 202 has', async (name, field, confirm) => {
  const ids = Array.from({ length: 250 }, (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`);
  const calls: [line: string, ids: string[]][] = [];
  await withServer(
    async (request, response) => {
      calls.push([`${request.method} ${request.url}`, JSON.parse(String(await readBody(request)))[field]]);
      response.writeHead(calls.length === 1 ? 503 : 202).end('will be confirmed');
    },
    async (server) => {
      const { client: at } = clientOf(server);
      await at[confirm]([]);
      await at[confirm](ids);
    },
  );
  // The first is tried again, as twice does no harm.
  expect(calls.map(([line]) => line)).toEqual(Array(4).fill(`POST /v1/${name}/confirmed`));
  expect(calls.map(([, some]) => some.length)).toEqual([100, 100, 100, 50]);
  expect(calls.slice(1).flatMap(([, some]) => some)).toEqual(ids);
});

function enabledKey(at: Provider): Promise<unknown> {
  return at.getEnabledSignatureKey();
}

function sendNothing(at: Provider): Promise<unknown> {
  return at.sendMessages([]);
}
