import { isUuid } from '../../lambda/guards.ts';
import type { ProviderEvent } from '../../signing/sample-events.ts';
import { badRequest, fieldsOf } from './errors.ts';

/** The most that one answer lists, and the most ids that one call confirms. */
const most = 100;

/** The fields in the API description. There is no `error_code`, and an MMS has neither text nor attachments. */
const common = ['callback_url', 'source_number', 'date_received', 'message_id', 'vendor_account_id', 'metadata'];
const ofReports = ['delivery_report_id', 'status', 'delay', 'billing_units', 'submitted_date', 'original_text'];
const ofReplies = ['reply_id', 'destination_number', 'content'];

export type PolledLists = ReturnType<typeof createPolledLists>;

/** Empty lists. Entries stay until they are confirmed. Their expiry after 45 days is not simulated. */
export function createPolledLists() {
  const reports = createList([...common, ...ofReports], 'delivery_report_ids', 'delivery reports');
  const replies = createList([...common, ...ofReplies], 'reply_ids', 'replies');
  return {
    /** Adds a delivery report or a reply. Opt-outs are not in these lists. */
    add: ({ kind, id, body }: ProviderEvent, callback_url: string | undefined): void => {
      if (kind === 'OPT_OUT_SMS') return;
      (kind.endsWith('_DR') ? reports : replies).add(id, { callback_url, ...body });
    },
    reports,
    replies,
  };
}

function createList(fields: readonly string[], idsField: string, what: string) {
  const entries = new Map<string, object>();
  return {
    add: (id: string, body: object): void => {
      entries.set(id, Object.fromEntries(Object.entries(body).filter(([name]) => fields.includes(name))));
    },
    oldest: (): object[] => [...entries.values()].slice(0, most),
    /** Confirms ids. Unknown ids are ignored, because they may have been confirmed before. @throws {ApiError} 400 */
    confirm: (body: unknown): string => {
      const ids = fieldsOf(body)[idsField];
      if (!Array.isArray(ids) || ids.length > most) throw badRequest(`/${idsField}: must hold up to ${most} ids`);
      const wrong = ids.flatMap((id, index) => (isUuid(id) ? [] : [`/${idsField}/${index}: is not a UUID`]));
      if (wrong.length > 0) throw badRequest(...wrong);
      for (const id of ids) entries.delete(id.toLowerCase());
      return `Requested ${what} will be marked as confirmed`;
    },
  };
}
