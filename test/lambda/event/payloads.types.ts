import type { DeliveryReport, OptOut, Reply, WebhookEvent } from '../../../lambda/event/payloads.ts';

/** Only if each field can be missing and can be null, so that the compiler demands a test before it is used. */
type MayLackAnyField<Payload> = false extends {
  [Name in keyof Payload]-?: [null | undefined] extends [Payload[Name] & (null | undefined)] ? true : false;
}[keyof Payload]
  ? never
  : true;
export const careful: MayLackAnyField<DeliveryReport> & MayLackAnyField<Reply> & MayLackAnyField<OptOut> = true;

export function careless(
  event: Extract<WebhookEvent, { payload: Reply | undefined }>,
  report: DeliveryReport,
): unknown[] {
  return [
    // @ts-expect-error The body may be no JSON.
    event.payload.content,
    // @ts-expect-error A template may make it text.
    report.delay?.toFixed(),
    // @ts-expect-error Any name may be missing.
    report.metadata?.order.length,
    // @ts-expect-error So may the account.
    report.vendor_account_id?.account_id.length,
  ];
}

/** The fields of the examples in MessageMedia's API description, some in each object: the compiler knows them all. */
export const reports: DeliveryReport[] = [
  { callback_url: 'http://example.com/bin', delivery_report_id: 'd', source_number: '+61491570156', delay: 0 },
  {
    date_received: '2016-11-03T11:49:02.807Z',
    submitted_date: '2016-11-03T11:49:01.551Z',
    message_id: 'm',
    delay: '0',
  },
  { status: 'delivered', billing_units: 1, error_code: '220', original_text: 'Hello', metadata: { key: 'value' } },
  { status: 'paused_by_a_future_api', vendor_account_id: { vendor_id: 'SinchEU', account_id: 'MyAccount' } },
];
export const replies: Reply[] = [
  { account_id: 'a', reply_id: 'r', destination_number: '+1', source_number: '+2', message_id: 'm', metadata: {} },
  { attachments: [{ content_type: 'image/png', content: 'dGVzdA==', original_name: 'file.png' }] },
  { callback_url: 'https://example.com', content: 'Hello', date_received: '2016-11-03T11:49:02.807Z' },
  { vendor_account_id: { vendor_id: 'SinchEU', account_id: 'MyAccount001' } },
];
export const optOuts: OptOut[] = [
  { notification_id: 'n', account_id: 'a', destination_number: '+1', source_number: '+2', message_id: 'm' },
  { content: 'STOP', date_received: '2016-12-07T08:44:00.850Z', metadata: { myKey: 'myValue' } },
];
