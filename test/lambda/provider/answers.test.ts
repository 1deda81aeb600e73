import { expect, test } from '@jest/globals';
import type { Provider } from '../../../lambda/provider/provider.ts';
import type { WebhookDefinition } from '../../../lambda/provider/types.ts';
import { clientOf, failureOf, withServer } from './fixture.ts';

const absentId = '00000000-0000-4000-8000-000000000000';
const key = { key_id: absentId, cipher: 'RSA', digest: 'SHA-256', created: '2026-01-01T00:00:00Z', enabled: true };
const webhook: WebhookDefinition = {
  url: 'https://example.com/hook',
  method: 'POST',
  encoding: 'JSON',
  events: ['RECEIVED_SMS'],
};

/** The client's result for an answer 200 with this body: text as it is, everything else as JSON. */
function answering<T>(body: unknown, work: (client: Provider) => Promise<T>): Promise<T> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return withServer(
    (_request, response) => response.end(text),
    (server) => work(clientOf(server).client),
  );
}

test('a digest with a hyphen is understood and fields that are not known are left out', async () => {
  const answer = { ...key, private_key: 'x', note: 1 };
  expect(await answering(answer, (at) => at.getSignatureKey(absentId))).toEqual({ ...key, digest: 'SHA256' });
});

test.each<[string, unknown, RegExp]>([
  ['half JSON', '{"key_id":"0000', /not complete/],
  ['a login page', '<html>Sign in</html>', /not JSON.*proxy or login page/],
  ['nothing', '', /not an object/],
  ['a list', [key], /not an object/],
  ['an id that is no UUID', { ...key, key_id: 7 }, /key_id/],
  ['another cipher', { ...key, cipher: 'DSA' }, /cipher/],
  ['a weaker digest', { ...key, digest: 'SHA1' }, /digest/],
  ['no date', { ...key, created: 'soon' }, /created/],
  ['a truth that is text', { ...key, enabled: 'true' }, /enabled/],
  ['another key than asked for', { ...key, key_id: absentId.replace('4', '5') }, /another key/],
])('%s is no key', async (_name, body, words) => {
  const error = await failureOf(answering(body, (at) => at.getSignatureKey(absentId)));
  expect(error).toMatchObject({ code: 'malformed_answer', status: 200, message: expect.stringMatching(words) });
});

test.each<[string, unknown]>([
  ['missing', undefined],
  ['not base64', 'MIGf*'],
  ['cut off', 'MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ'],
  ['of another algorithm', 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE='],
])('a public key that is %s is refused, and the key may exist', async (_name, public_key) => {
  const error = await failureOf(answering({ ...key, public_key }, (at) => at.createSignatureKey('SHA256')));
  expect(error.code).toBe('malformed_answer');
  expect(error.message).toMatch(/public_key.*may have been carried out/s);
});

test.each<[string, unknown, (client: Provider) => Promise<unknown>]>([
  ['enabling that leaves it disabled', { ...key, enabled: false }, (at) => at.enableSignatureKey(absentId)],
  ['an enabled key that is not', { ...key, enabled: false }, (at) => at.getEnabledSignatureKey()],
  ['a list of keys that is an object', { keys: [] }, (at) => at.listSignatureKeys()],
  ['a message too few', { messages: [] }, (at) => at.sendMessages([{ content: 'x', destination_number: '1' }])],
  ['webhooks without pages', [], (at) => at.listWebhooks()],
  ['a webhook without id', { url: 'u', method: 'POST' }, (at) => at.createWebhook(webhook)],
  ['a header that is a number', { ...webhook, id: absentId, headers: { a: 1 } }, (at) => at.createWebhook(webhook)],
  ['retries that are text', { ...webhook, id: absentId, retries: '2' }, (at) => at.createWebhook(webhook)],
])('%s is refused', async (_name, body, work) => {
  expect(await failureOf(answering(body, work))).toMatchObject({ code: 'malformed_answer' });
});

test('a webhook of which little is told is read', async () => {
  const bare = { id: absentId, url: 'https://example.com/', method: 'POST', encoding: null, retries: 0 };
  const read = await answering({ page: 0, pageSize: 20, pageData: [bare] }, (at) => at.listWebhooks());
  expect(read).toEqual([{ id: absentId, url: bare.url, method: 'POST', retries: 0, events: [], headers: {} }]);
});

test('what a DELETE says is not read', async () => {
  expect(await answering('OK', (at) => at.deleteSignatureKey(absentId))).toBeUndefined();
});

test('a list that never turns its page ends, and one without end is refused', async () => {
  const page = Array.from({ length: 20 }, (_, index) => ({
    ...key,
    key_id: absentId.replace(/..$/, `${10 + index}`),
  }));
  expect(await answering(page, (at) => at.listSignatureKeys())).toHaveLength(20);

  let count = 0;
  const error = await withServer(
    (_request, response) => {
      const start = count++ * 20;
      const id = (index: number) => `00000000-0000-4000-8000-${String(start + index).padStart(12, '0')}`;
      response.end(JSON.stringify(page.map((entry, index) => ({ ...entry, key_id: id(index) }))));
    },
    (server) => failureOf(clientOf(server).client.listSignatureKeys()),
  );
  expect(error).toMatchObject({ code: 'malformed_answer', message: expect.stringContaining('50 pages') });
  expect(count).toBe(50);
});
