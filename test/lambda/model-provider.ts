import { randomUUID } from 'node:crypto';
import type { Provider } from '../../lambda/messagemedia/client.ts';
import { ProviderError } from '../../lambda/messagemedia/error.ts';
import type { CreatedSignatureKey, SignatureKey } from '../../lambda/messagemedia/types.ts';
import { toWire, type WireRequest } from '../../signing/sender.ts';
import { makeKey, type TestKey } from '../support.ts';

/** An event that MessageMedia reports. */
export interface VendorEvent {
  kind: 'deliveryReport' | 'reply' | 'optOut';
  id: string;
  messageId: string;
  /** Milliseconds until the last try, which succeeds; `undefined` if it is given up before. */
  lastTryAfter: number | undefined;
  /** Whether that last try carries the first signature. */
  resent: boolean;
  /** The first request. */
  first?: WireRequest;
  /** Whether MessageMedia has got a 2xx. */
  heard?: boolean;
  receivedAt?: number;
}

/** Made once, because making keys is slow. Later keys are the same ones under other ids. */
const material = Array.from({ length: 6 }, () => makeKey());
let count = 0;

const idField = { deliveryReport: 'delivery_report_id', reply: 'reply_id', optOut: 'notification_id' };
const pageSize = 100;

type Api = Pick<
  Provider,
  | 'createSignatureKey'
  | 'listSignatureKeys'
  | 'getSignatureKey'
  | 'getEnabledSignatureKey'
  | 'enableSignatureKey'
  | 'disableSignatureKey'
  | 'deleteSignatureKey'
  | 'checkDeliveryReports'
  | 'checkReplies'
  | 'confirmDeliveryReports'
  | 'confirmReplies'
>;

/** MessageMedia as it is documented, in memory: keys, the lists of unconfirmed events, and signed webhooks. */
export class ModelProvider {
  /** All events. */
  readonly events: VendorEvent[] = [];
  /** Whether a 2xx removes an event from the polled list, which MessageMedia does not document. */
  confirmedByWebhook = false;
  private readonly now: () => number;
  private readonly keys = new Map<string, TestKey>();
  private enabledId: string | undefined;
  private readonly confirmed = new Set<string>();

  constructor(now: () => number) {
    this.now = now;
  }

  add(event: VendorEvent): void {
    event.receivedAt = this.now();
    this.events.push(event);
  }

  hear(event: VendorEvent): void {
    event.heard = true;
    if (this.confirmedByWebhook) this.confirmed.add(event.id);
  }

  /** The webhook of an event, signed now. */
  write(event: VendorEvent): WireRequest {
    const body = JSON.stringify(this.item(event));
    const webhook = { method: 'POST', target: '/messagemedia', contentType: 'application/json', body };
    return toWire(webhook, this.signingKey(), new Date(this.now()));
  }

  /** The enabled key. */
  signingKey(): TestKey | undefined {
    return this.enabledId === undefined ? undefined : this.keys.get(this.enabledId);
  }

  private item({ kind, id, messageId, receivedAt = 0 }: VendorEvent): Record<string, unknown> {
    return {
      [idField[kind]]: id,
      message_id: messageId,
      date_received: new Date(receivedAt).toISOString(),
      ...(kind === 'deliveryReport' ? { status: 'delivered' } : { content: 'Hello', source_number: '+61491570157' }),
      vendor_account_id: { vendor_id: 'MessageMedia', account_id: 'MessageMedia123' },
      metadata: {},
    };
  }

  /** How many events could still be polled. */
  listed(): number {
    return this.events.filter(({ kind, id }) => kind !== 'optOut' && !this.confirmed.has(id)).length;
  }

  private list(kind: VendorEvent['kind']) {
    const listed = this.events.filter((event) => event.kind === kind && !this.confirmed.has(event.id));
    return listed.slice(0, pageSize).map((event) => this.item(event));
  }

  private find(keyId: string): TestKey {
    const key = this.keys.get(keyId);
    if (key) return key;
    throw new ProviderError('not_found', `no key ${keyId}`, { status: 404 });
  }

  private show({ id, digest, answer }: TestKey): SignatureKey {
    return { key_id: id, cipher: 'RSA', digest, created: answer.created, enabled: id === this.enabledId };
  }

  readonly api: Api = {
    createSignatureKey: async (digest): Promise<CreatedSignatureKey> => {
      const made = material[count++ % material.length] ?? makeKey();
      const created = new Date(this.now()).toISOString();
      const key = { ...made, id: randomUUID(), digest, answer: { ...made.answer, created } };
      this.keys.set(key.id, key);
      return { ...this.show(key), public_key: made.answer.public_key };
    },
    listSignatureKeys: async () => [...this.keys.values()].map((key) => this.show(key)),
    getSignatureKey: async (keyId) => this.show(this.find(keyId)),
    getEnabledSignatureKey: async () => {
      const key = this.signingKey();
      return key && this.show(key);
    },
    enableSignatureKey: async (keyId) => {
      const key = this.find(keyId);
      this.enabledId = key.id;
      return this.show(key);
    },
    disableSignatureKey: async () => {
      this.enabledId = undefined;
    },
    deleteSignatureKey: async (keyId) => {
      this.keys.delete(this.find(keyId).id);
    },
    checkDeliveryReports: async () => this.list('deliveryReport'),
    checkReplies: async () => this.list('reply'),
    confirmDeliveryReports: async (ids) => ids.forEach((id) => void this.confirmed.add(id)),
    confirmReplies: async (ids) => ids.forEach((id) => void this.confirmed.add(id)),
  };
}
