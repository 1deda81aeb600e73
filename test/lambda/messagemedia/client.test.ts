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
      expect(await failureOf(client.deleteSignatureKey(id))).toMatchObject({ code: 'invalid_request' });
    }
    expect(await client.getEnabledSignatureKey()).toMatchObject({ key_id });
    await client.deleteSignatureKey(key_id);
  });
});

test('messages are sent all at once and answered in their order', async () => {
  const sent = await client.sendMessages([
    { content: 'one', destination_number: '+61491570157' },
    { content: 'two', destination_number: '+61491570158' },
  ]);
  expect(sent).toEqual([
    { message_id: expect.stringMatching(uuid), status: 'queued' },
    { message_id: expect.stringMatching(uuid), status: 'queued' },
  ]);
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

test('the account header and the credentials go with every call', async () => {
  const heads: unknown[] = [];
  await withServer(
    ({ headers, method, url }, response) => {
      heads.push([method, url, headers.authorization, headers.account, headers.accept]);
      response.end('[]');
    },
    async (server) => {
      await clientOf(server, { account: 'Sub1' }).client.listSignatureKeys();
      await clientOf({ ...server, url: `${server.url}/proxy/` }).client.listSignatureKeys();
    },
  );
  const basic = `Basic ${btoa('sandbox-key:sandbox-secret')}`;
  const target = '/v1/iam/signature_keys?page=1&page_size=20';
  expect(heads).toEqual([
    ['GET', target, basic, 'Sub1', 'application/json'],
    ['GET', `/proxy${target}`, basic, undefined, 'application/json'],
  ]);
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

test('an id that is none is refused with the reason', async () => {
  const { result, calls } = await answering(key, (at) => failureOf(at.enableSignatureKey('enabled')));
  expect(result.message).toBe('The id of the key or webhook is not a UUID, so no call was made');
  expect(calls).toBe(0);
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

describe('what is polled', () => {
  const ids = Array.from({ length: 250 }, (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`);

  /** The calls to a server that answers each with the next of these statuses, and then always with the last. */
  async function recording(statuses: number[], work: (client: Provider) => Promise<unknown>) {
    const calls: { line: string; body: string }[] = [];
    const result = await withServer(
      async (request, response) => {
        calls.push({ line: `${request.method} ${request.url}`, body: String(await readBody(request)) });
        response.writeHead(statuses[Math.min(calls.length, statuses.length) - 1] ?? 200).end('will be confirmed');
      },
      (server) => work(clientOf(server).client),
    );
    return { calls, result };
  }

  test.each([
    ['delivery_reports', (at: Provider) => at.checkDeliveryReports()],
    ['replies', (at: Provider) => at.checkReplies()],
  ] as const)('%s are kept as they were answered', async (name, check) => {
    const items = [{ anything: { at: ['all'] } }, {}];
    expect((await answering({ [name]: items }, check)).result).toEqual(items);
    const { result } = await answering({ [name]: ['x'] }, (at) => failureOf(check(at)));
    expect(result).toMatchObject({ code: 'malformed_answer', status: 200 });
  });

  test.each([
    ['delivery_reports', 'delivery_report_ids', (at: Provider) => at.confirmDeliveryReports(ids)],
    ['replies', 'reply_ids', (at: Provider) => at.confirmReplies(ids)],
  ] as const)('%s are confirmed by hundreds, whatever text the 202 has', async (name, field, confirm) => {
    const { calls } = await recording([202], confirm);
    expect(calls.map(({ line }) => line)).toEqual(Array(3).fill(`POST /v1/${name}/confirmed`));
    const parts = calls.map(({ body }) => JSON.parse(body)[field] as string[]);
    expect(parts.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(parts.flat()).toEqual(ids);
  });

  test('to confirm nothing calls nobody', async () => {
    expect((await recording([500], (at) => at.confirmReplies([]))).calls).toEqual([]);
  });

  test('to confirm is tried again, as twice does no harm, and its failure says nothing of that', async () => {
    expect((await recording([503, 429, 202], (at) => at.confirmReplies(ids.slice(0, 1)))).calls).toHaveLength(3);
    const { result } = await recording([503], (at) => failureOf(at.confirmReplies(ids.slice(0, 1))));
    expect(result).toMatchObject({ code: 'server_error', message: expect.stringContaining('last of 4 tries') });
    expect(String(result)).not.toContain('carried out');
  });
});

function enabledKey(at: Provider): Promise<unknown> {
  return at.getEnabledSignatureKey();
}

function sendNothing(at: Provider): Promise<unknown> {
  return at.sendMessages([]);
}
