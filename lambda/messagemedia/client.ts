import { isUuid } from '../guards.ts';
import type { Digest } from '../signature.ts';
import {
  readCreatedSignatureKey,
  readPolledItems,
  readSentMessages,
  readSignatureKey,
  readSignatureKeys,
  readWebhook,
  readWebhookPage,
} from './answers.ts';
import { ProviderError } from './error.ts';
import { type Caller, createCaller, ShapeError } from './http.ts';
import { blacklistPage, optOutPage } from './opt-outs.ts';
import type { ProviderOptions } from './options.ts';
import type { OutboundMessage, RegisteredWebhook, SignatureKey, WebhookDefinition, WebhookSettings } from './types.ts';

const keysPath = '/v1/iam/signature_keys';
const enabledPath = `${keysPath}/enabled`;
const messagesPath = '/v1/messages';
const deliveryReportsPath = '/v1/delivery_reports';
const repliesPath = '/v1/replies';
const webhooksPath = '/v1/webhooks/messages';

/** The most ids that one call may confirm. */
const maxConfirmed = 100;

/** Entries in a page, and the number of pages after which a list is regarded as endless. */
const pageSize = 20;
const maxPages = 50;

/** MessageMedia's management API. Every method rejects with a {@link ProviderError}. */
export type Provider = ReturnType<typeof createProvider>;

/**
 * A client for the management API.
 *
 * @throws {ProviderError} `invalid_options`
 */
export function createProvider(options: ProviderOptions) {
  const call = createCaller(options);
  return {
    /** Creates a key pair, not enabled yet. If the answer is lost, so is the public key, and the call is not repeated. */
    createSignatureKey: (digest: Digest) =>
      call({ method: 'POST', path: keysPath, body: { digest, cipher: 'RSA' } }, readCreatedSignatureKey),
    listSignatureKeys: () => listSignatureKeys(call),
    getSignatureKey: async (keyId: string) =>
      call({ method: 'GET', path: withId(keysPath, keyId) }, (answer) => expectKey(readSignatureKey(answer), keyId)),
    deleteSignatureKey: async (keyId: string) => call({ method: 'DELETE', path: withId(keysPath, keyId) }, ignore),
    /** The key that webhooks are signed with; `undefined` while they are not signed. */
    getEnabledSignatureKey: () => getEnabledSignatureKey(call),
    /** Lets MessageMedia sign webhooks only with this key from now on. */
    enableSignatureKey: async (keyId: string) =>
      call({ method: 'PATCH', path: enabledPath, body: { key_id: requireId(keyId) } }, (answer) =>
        expectEnabled(expectKey(readSignatureKey(answer), keyId)),
      ),
    /** Lets MessageMedia send webhooks unsigned from now on. */
    disableSignatureKey: () => call({ method: 'DELETE', path: enabledPath }, ignore),
    /** Sends up to 100 messages, all or none. The results are in the order of the messages. */
    sendMessages: (messages: readonly OutboundMessage[]) =>
      call({ method: 'POST', path: messagesPath, body: { messages } }, (answer) =>
        readSentMessages(answer, messages.length),
      ),
    /** The oldest 100 delivery reports that nobody has confirmed. The next call returns the same until somebody confirms them. */
    checkDeliveryReports: () =>
      call({ method: 'GET', path: deliveryReportsPath }, (answer) => readPolledItems(answer, 'delivery_reports')),
    /** The oldest 100 replies that nobody has confirmed, as for delivery reports. Opt-outs are elsewhere: {@link blacklistPage}. */
    checkReplies: () => call({ method: 'GET', path: repliesPath }, (answer) => readPolledItems(answer, 'replies')),
    /** Removes these from the list, for everybody who polls this account. If it fails, some may have been removed. */
    confirmDeliveryReports: (ids: readonly string[]) => confirm(call, deliveryReportsPath, 'delivery_report_ids', ids),
    /** As `confirmDeliveryReports`, for replies. */
    confirmReplies: (ids: readonly string[]) => confirm(call, repliesPath, 'reply_ids', ids),
    /** A page of 100 numbers on the account's blacklist. @param token of the page. Default: the first */
    blacklistPage: (token?: string) => blacklistPage(call, token),
    /** A page of 100 messages that triggered an opt-out. @param page from 0 */
    optOutPage: (from: Date, to: Date, page: number) => optOutPage(call, from, to, page),
    createWebhook: (webhook: WebhookDefinition) =>
      call({ method: 'POST', path: webhooksPath, body: webhook, secrets: secretsOf(webhook) }, readWebhook),
    listWebhooks: () => listWebhooks(call),
    updateWebhook: async (webhookId: string, changes: Partial<WebhookSettings>) =>
      call(
        { method: 'PATCH', path: withId(webhooksPath, webhookId), body: changes, secrets: secretsOf(changes) },
        readWebhook,
      ),
    deleteWebhook: async (webhookId: string) =>
      call({ method: 'DELETE', path: withId(webhooksPath, webhookId) }, ignore),
  };
}

/** A header may hold a secret, for receivers that cannot check signatures. */
function secretsOf({ headers = {} }: Partial<WebhookSettings>): string[] {
  return Object.values(headers).filter((value) => value !== '');
}

/** Makes one call after the other. Confirming twice does no harm. */
async function confirm(call: Caller, path: string, field: string, ids: readonly string[]): Promise<void> {
  for (let start = 0; start < ids.length; start += maxConfirmed) {
    const body = { [field]: ids.slice(start, start + maxConfirmed) };
    await call({ method: 'POST', path: `${path}/confirmed`, body, repeatable: true, statusOnly: true }, ignore);
  }
}

async function getEnabledSignatureKey(call: Caller): Promise<SignatureKey | undefined> {
  try {
    return await call({ method: 'GET', path: enabledPath }, (answer) => expectEnabled(readSignatureKey(answer)));
  } catch (error) {
    if (error instanceof ProviderError && error.code === 'not_found') return undefined;
    throw error;
  }
}

function listSignatureKeys(call: Caller): Promise<SignatureKey[]> {
  const idOf = ({ key_id }: SignatureKey) => key_id;
  return allPages(keysPath, 1, idOf, async (path) => {
    const items = await call({ method: 'GET', path }, readSignatureKeys);
    return { items, size: pageSize };
  });
}

function listWebhooks(call: Caller): Promise<RegisteredWebhook[]> {
  const idOf = ({ id }: RegisteredWebhook) => id;
  return allPages(webhooksPath, 0, idOf, (path) => call({ method: 'GET', path }, readWebhookPage));
}

/** Reads pages until one is not full, or has nothing new because the server ignores the page number. */
async function allPages<Item>(
  path: string,
  firstPage: number,
  idOf: (item: Item) => string,
  readPage: (path: string) => Promise<{ items: Item[]; size: number }>,
): Promise<Item[]> {
  const found = new Map<string, Item>();
  for (let page = firstPage; page < firstPage + maxPages; page++) {
    const before = found.size;
    const { items, size } = await readPage(`${path}?page=${page}&page_size=${pageSize}`);
    for (const item of items) found.set(idOf(item), item);
    if (items.length < size || found.size === before) return [...found.values()];
  }
  const problem = `has more than ${maxPages} pages of ${pageSize}: delete entries that are not in use`;
  throw new ProviderError('malformed_answer', `The list of GET ${path} ${problem}`);
}

/** Only a UUID is allowed in a path. Other text could make another call: `enabled` as key id would turn signing off. */
function withId(path: string, id: string): string {
  return `${path}/${requireId(id)}`;
}

function requireId(id: string): string {
  if (isUuid(id)) return id;
  throw new ProviderError('invalid_request', 'The id of the key or webhook is not a UUID, so no call was made');
}

function expectKey(key: SignatureKey, keyId: string): SignatureKey {
  if (key.key_id.toLowerCase() === keyId.toLowerCase()) return key;
  throw new ShapeError('key_id is that of another key');
}

function expectEnabled(key: SignatureKey): SignatureKey {
  if (key.enabled) return key;
  throw new ShapeError('enabled is false');
}

function ignore(): void {}
