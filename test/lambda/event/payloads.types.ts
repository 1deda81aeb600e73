import type { DeliveryReport, OptOut, Reply, WebhookEvent } from '../../../lambda/event/payloads.ts';

type ReportEvent = Extract<WebhookEvent, { type: 'com.messagemedia.delivery_report' }>;

/** A state that MessageMedia adds is no mistake. */
export const added: DeliveryReport = { status: 'paused_by_a_future_api' };

/** Each line uses a field without a test for it, as nobody may: with such an event it would throw. */
export function careless(event: ReportEvent, report: DeliveryReport, reply: Reply, optOut: OptOut): unknown[] {
  return [
    // @ts-expect-error The body may be no JSON.
    event.payload.status,
    // @ts-expect-error A polled report has none.
    report.error_code.length,
    // @ts-expect-error It may also be null.
    report.error_code satisfies string | undefined,
    // @ts-expect-error
    report.delivery_report_id.length,
    // @ts-expect-error
    report.message_id.length,
    // @ts-expect-error
    report.status.length,
    // @ts-expect-error
    report.source_number.length,
    // @ts-expect-error
    report.date_received.length,
    // @ts-expect-error
    report.submitted_date.length,
    // @ts-expect-error
    report.original_text.length,
    // @ts-expect-error A template may make it text.
    report.delay?.toFixed(),
    // @ts-expect-error
    report.billing_units.toFixed(),
    // @ts-expect-error
    report.callback_url.length,
    // @ts-expect-error
    report.vendor_account_id.account_id,
    // @ts-expect-error
    report.vendor_account_id?.account_id.length,
    // @ts-expect-error
    report.metadata.order,
    // @ts-expect-error
    report.metadata?.order.length,
    // @ts-expect-error
    reply.reply_id.length,
    // @ts-expect-error
    reply.message_id.length,
    // @ts-expect-error
    reply.content.length,
    // @ts-expect-error
    reply.attachments.length,
    // @ts-expect-error
    reply.attachments?.map(({ content }) => content.length),
    // @ts-expect-error
    reply.destination_number.length,
    // @ts-expect-error
    reply.callback_url.length,
    // @ts-expect-error
    optOut.notification_id.length,
    // @ts-expect-error
    optOut.content.length,
    // @ts-expect-error
    optOut.destination_number.length,
    // @ts-expect-error
    optOut.account_id.length,
    // @ts-expect-error
    optOut.source_number.length,
  ];
}
