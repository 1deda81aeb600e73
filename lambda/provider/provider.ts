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
import type { ProviderOptions } from './options.ts';
import type {
  CreatedSignatureKey,
  OutboundMessage,
  PolledItem,
  RegisteredWebhook,
  SentMessage,
  SignatureKey,
  WebhookDefinition,
  WebhookSettings,
} from './types.ts';

/** MessageMedia's management API. Every method rejects with a {@link ProviderError}. */
export interface Provider {
  /** Makes a key pair, not enabled yet. Not repeated when its answer is lost: that key's public half is lost as well. */
  createSignatureKey(digest: Digest): Promise<CreatedSignatureKey>;
  listSignatureKeys(): Promise<SignatureKey[]>;
  getSignatureKey(keyId: string): Promise<SignatureKey>;
  deleteSignatureKey(keyId: string): Promise<void>;
  /** The key that webhooks are signed with; `undefined` while they are not signed. */
  getEnabledSignatureKey(): Promise<SignatureKey | undefined>;
  /** Signs webhooks with this key from now on, and with no other. */
  enableSignatureKey(keyId: string): Promise<SignatureKey>;
  /** Leaves webhooks unsigned from now on. */
  disableSignatureKey(): Promise<void>;
  /** Sends up to 100 messages, all or none. The results are in the order of the messages. */
  sendMessages(messages: readonly OutboundMessage[]): Promise<SentMessage[]>;
  /** The oldest 100 delivery reports that nobody confirmed: the same again until somebody does. */
  checkDeliveryReports(): Promise<PolledItem[]>;
  /** The oldest 100 replies that nobody confirmed: the same again until somebody does. Opt-outs are not among them. */
  checkReplies(): Promise<PolledItem[]>;
  /** Takes these out of the list, for everybody who polls this account. When it fails, some may have been taken out. */
  confirmDeliveryReports(deliveryReportIds: readonly string[]): Promise<void>;
  /** As {@link confirmDeliveryReports}, for replies. */
  confirmReplies(replyIds: readonly string[]): Promise<void>;
  createWebhook(webhook: WebhookDefinition): Promise<RegisteredWebhook>;
  listWebhooks(): Promise<RegisteredWebhook[]>;
  updateWebhook(webhookId: string, changes: Partial<WebhookSettings>): Promise<RegisteredWebhook>;
  deleteWebhook(webhookId: string): Promise<void>;
}

const keysPath = '/v1/iam/signature_keys';
const enabledPath = `${keysPath}/enabled`;
const messagesPath = '/v1/messages';
const deliveryReportsPath = '/v1/delivery_reports';
const repliesPath = '/v1/replies';
const webhooksPath = '/v1/webhooks/messages';

/** The most ids that one call may confirm. */
const maxConfirmed = 100;

/** Entries asked for at once, and pages after which a list is taken to have no end. */
const pageSize = 20;
const maxPages = 50;

/**
 * A client for the management API.
 *
 * @throws {ProviderError} `invalid_options`
 */
export function createProvider(options: ProviderOptions): Provider {
  const call = createCaller(options);
  return {
    createSignatureKey: (digest) =>
      call({ method: 'POST', path: keysPath, body: { digest, cipher: 'RSA' } }, readCreatedSignatureKey),
    listSignatureKeys: () => listSignatureKeys(call),
    getSignatureKey: async (keyId) =>
      call({ method: 'GET', path: withId(keysPath, keyId) }, (answer) => expectKey(readSignatureKey(answer), keyId)),
    deleteSignatureKey: async (keyId) => call({ method: 'DELETE', path: withId(keysPath, keyId) }, ignore),
    getEnabledSignatureKey: () => getEnabledSignatureKey(call),
    enableSignatureKey: async (keyId) =>
      call({ method: 'PATCH', path: enabledPath, body: { key_id: requireId(keyId) } }, (answer) =>
        expectEnabled(expectKey(readSignatureKey(answer), keyId)),
      ),
    disableSignatureKey: () => call({ method: 'DELETE', path: enabledPath }, ignore),
    sendMessages: (messages) =>
      call({ method: 'POST', path: messagesPath, body: { messages } }, (answer) =>
        readSentMessages(answer, messages.length),
      ),
    checkDeliveryReports: () =>
      call({ method: 'GET', path: deliveryReportsPath }, (answer) => readPolledItems(answer, 'delivery_reports')),
    checkReplies: () => call({ method: 'GET', path: repliesPath }, (answer) => readPolledItems(answer, 'replies')),
    confirmDeliveryReports: (ids) => confirm(call, deliveryReportsPath, 'delivery_report_ids', ids),
    confirmReplies: (ids) => confirm(call, repliesPath, 'reply_ids', ids),
    createWebhook: (webhook) => call({ method: 'POST', path: webhooksPath, body: webhook }, readWebhook),
    listWebhooks: () => listWebhooks(call),
    updateWebhook: async (webhookId, changes) =>
      call({ method: 'PATCH', path: withId(webhooksPath, webhookId), body: changes }, readWebhook),
    deleteWebhook: async (webhookId) => call({ method: 'DELETE', path: withId(webhooksPath, webhookId) }, ignore),
  };
}

/** One call after the other. Confirming twice does no harm. */
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

/** Goes on until a page is not full, or tells nothing new because the other side does not turn pages. */
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
  const problem = `goes on after ${maxPages} pages of ${pageSize}: delete what is not in use`;
  throw new ProviderError('malformed_answer', `The list of GET ${path} ${problem}`);
}

/** Anything but a UUID in a path could be another call: `enabled` in place of a key id turns signing off. */
function withId(path: string, id: string): string {
  return `${path}/${requireId(id)}`;
}

function requireId(id: string): string {
  if (isUuid(id)) return id;
  throw new ProviderError('invalid_request', 'The id of the key or webhook is not a UUID: nothing was called');
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
