import { isUuid } from '../../lambda/guards.ts';
import type { ProviderEvent } from '../../signing/sample-events.ts';
import { badRequest, fieldsOf } from './errors.ts';

/** The most that one answer lists, and the most ids that one call confirms. */
const most = 100;

/** The fields in the API description. There is no `error_code`, and an MMS has neither text nor attachments. */
const reportFields = [
  'callback_url',
  'delivery_report_id',
  'source_number',
  'date_received',
  'status',
  'delay',
  'billing_units',
  'submitted_date',
  'original_text',
  'message_id',
  'vendor_account_id',
  'metadata',
];
const replyFields = [
  'metadata',
  'message_id',
  'reply_id',
  'date_received',
  'callback_url',
  'destination_number',
  'source_number',
  'vendor_account_id',
  'content',
];

/** The events of one account that can be polled. */
export type PolledLists = ReturnType<typeof createPolledLists>;

/** Empty lists. Entries stay until they are confirmed. Their expiry after 45 days is not simulated. */
export function createPolledLists() {
  const reports = createList(reportFields, 'delivery_report_ids');
  const replies = createList(replyFields, 'reply_ids');
  return {
    /** Adds a delivery report or a reply. Opt-outs are not in these lists. */
    add: ({ kind, id, body }: ProviderEvent, callback_url: string | undefined): void => {
      if (kind === 'OPT_OUT_SMS') return;
      const list = kind.endsWith('_DR') ? reports : replies;
      list.add(id, { callback_url, ...body });
    },
    /** Removes an event whose webhook was accepted. */
    remove: ({ id }: ProviderEvent): void => {
      reports.remove(id);
      replies.remove(id);
    },
    reports,
    replies,
  };
}

function createList(fields: readonly string[], idsField: string) {
  const entries = new Map<string, object>();
  return {
    add: (id: string, body: object): void => {
      entries.set(id, Object.fromEntries(Object.entries(body).filter(([name]) => fields.includes(name))));
    },
    /** The oldest that are not confirmed. */
    oldest: (): object[] => [...entries.values()].slice(0, most),
    /** Confirms ids. Unknown ids are ignored, because they may have been confirmed before. @throws {ApiError} 400 */
    confirm: (body: unknown): void => {
      const ids = fieldsOf(body)[idsField];
      if (!Array.isArray(ids) || ids.length > most) throw badRequest(`/${idsField}: must hold up to ${most} ids`);
      const wrong = ids.flatMap((id, index) => (isUuid(id) ? [] : [`/${idsField}/${index}: is not a UUID`]));
      if (wrong.length > 0) throw badRequest(...wrong);
      for (const id of ids) entries.delete(id.toLowerCase());
    },
    remove: (id: string): void => {
      entries.delete(id);
    },
  };
}
