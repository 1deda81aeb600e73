/** A JSON schema. */
export type Schema = Record<string, unknown>;

/** The part of MessageMedia's API description about one operation. */
export interface Operation {
  /** Its method and path, with `{id}` for an id. */
  call: string;
  /** Names of the query parameters, and whether each is required. */
  query?: Record<string, boolean>;
  /** Whether `Accept` has to be there. */
  needsAccept?: true;
  request?: Schema;
  /** By status: a body in JSON, plain text, or none. */
  answers: Record<number, Schema | 'text' | 'none'>;
}

const text = { type: 'string' };
const uuid = { type: 'string', format: 'uuid' };
const dateTime = { type: 'string', format: 'date-time' };
const flag = { type: 'boolean' };
const whole = { type: 'integer' };
const number = { type: 'string', minLength: 1, maxLength: 15 };
const texts = { type: 'object', additionalProperties: text };

/** Fields that are not described are not allowed, because a client must not rely on what MessageMedia does not document. */
function object(properties: Record<string, Schema>, required: readonly string[] = []): Schema {
  return { type: 'object', properties, required, additionalProperties: false };
}

function list(items: Schema, limits: Schema = {}): Schema {
  return { type: 'array', items, ...limits };
}

const says = (message: string) => object({ message: { const: message } }, ['message']);
const badRequest = (message: string) =>
  object({ message: { const: message }, details: list(text) }, ['message', 'details']);

const keyFields = { key_id: text, cipher: text, digest: text, created: text, enabled: flag };
const key = object(keyFields);
const keyErrors = { 401: 'none', 403: says('This feature has not been enabled in your account.') } as const;
const badKeyRequest = badRequest('Bad Request');
const noKey = says('Entity not found');

const vendorAccount = object({ vendor_id: text, account_id: text });
const metadata = { ...texts, maxProperties: 10 };
const status = {
  enum: [
    ...['undefined', 'queued', 'processing', 'processed', 'failed', 'scheduled', 'cancelled', 'delivered'],
    ...['expired', 'enroute', 'held', 'submitted', 'rejected', 'read'],
  ],
};
const messageFields = {
  callback_url: text,
  content: { type: 'string', minLength: 1, maxLength: 5000 },
  destination_number: number,
  delivery_report: flag,
  format: { enum: ['SMS', 'TTS', 'MMS'] },
  message_expiry_timestamp: dateTime,
  metadata: {
    ...metadata,
    propertyNames: { maxLength: 100 },
    additionalProperties: { type: 'string', maxLength: 256 },
  },
  scheduled: dateTime,
  source_number: text,
  source_number_type: { enum: ['INTERNATIONAL', 'ALPHANUMERIC', 'SHORTCODE'] },
  media: list(text),
  subject: { type: 'string', maxLength: 64 },
};
const message = object({ ...messageFields, message_id: uuid, status }, ['content', 'destination_number']);

const eventFields = {
  ...{ callback_url: text, date_received: dateTime, message_id: uuid, metadata: { type: 'object' } },
  ...{ source_number: number, vendor_account_id: vendorAccount },
};
const report = object({
  ...{ ...eventFields, delay: whole, billing_units: whole, delivery_report_id: uuid, original_text: text },
  ...{ status, submitted_date: dateTime },
});
const content = { type: 'string', minLength: 1, maxLength: 5000 };
const reply = object({ ...eventFields, content, destination_number: number, reply_id: uuid });
const badMessageRequest = badRequest('Request failed to parse correctly. Please ensure input is valid and try again.');
const ids = (name: string) => object({ [name]: list(uuid, { maxItems: 100 }) }, [name]);

const direction = { enum: ['inbound', 'outbound', 'all'] };
const reportRequest = object(
  {
    ...{ start_date: text, end_date: text, direction, timezone: text, opt_out: flag, mms_media: flag },
    ...{ source: text, sources: list(text), destination: text, destinations: list(text) },
    ...{ metadata_key: text, metadata_value: text, metadata_values: list(text), accounts: list(text) },
    ...{ status: list(text), message_format: list(text), channels: list(text) },
    page: { type: 'integer', minimum: 0 },
    page_size: { type: 'integer', minimum: 1, maximum: 100 },
  },
  ['start_date', 'end_date'],
);
const reported = object({
  ...{ message_id: uuid, format: { enum: ['SMS', 'TTS', 'MMS'] }, direction, status },
  ...{ timestamp: text, delivered_timestamp: text, last_status_update: text },
  ...{ status_code: { type: 'number' }, status_description: text, units: { type: 'number' } },
  ...{ source_address: text, destination_address: number },
  ...{ source_address_country: text, destination_address_country: text },
  ...{ in_response_to: uuid, action: text, media_url: text, account_id: text, billing_category: text },
  content,
  metadata: list(object({ key: text, value: text }, ['key', 'value'])),
});

const settingFields = {
  url: { type: 'string', maxLength: 1000 },
  method: { enum: ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'] },
  encoding: { enum: ['JSON', 'FORM_ENCODED', 'XML'] },
  events: list(
    {
      enum: [
        ...['ENROUTE_DR', 'SUBMITTED_DR', 'DELIVERED_DR', 'EXPIRED_DR', 'REJECTED_DR', 'FAILED_DR'],
        ...['RECEIVED_SMS', 'RECEIVED_MMS', 'OPT_OUT_SMS'],
      ],
    },
    { minItems: 1 },
  ),
  headers: {
    type: 'object',
    propertyNames: { maxLength: 200, not: { pattern: '^[Cc]ontent-[Tt]ype$' } },
    additionalProperties: { type: 'string', maxLength: 1000 },
  },
  template: text,
};
const retryFields = {
  read_timeout: { type: 'integer', minimum: 1, maximum: 60_000 },
  retries: { type: 'integer', minimum: 0, maximum: 5 },
  retry_delay: { type: 'integer', minimum: 5, maximum: 60 },
};
const webhookRequest = object({ ...settingFields, ...retryFields }, ['url', 'method', 'encoding', 'events']);
const shownFields = { url: text, method: text, encoding: text, headers: texts, events: list(text), template: text };
const webhook = object({ id: uuid, ...shownFields, read_timeout: whole, retries: whole, retry_delay: whole }, [
  ...['id', 'url', 'method', 'retries'],
]);
const somethingWrong = {
  oneOf: [
    says('Something went wrong. Please try again later.'),
    // The description has only the text above. These are what its users see.
    says('Maximum number of webhooks (150) reached'),
    badRequest('Bad Request'),
  ],
};

const keysPath = '/v1/iam/signature_keys';
const webhooksPath = '/v1/webhooks/messages';

const webhooks401 = { 401: 'none' } as const;
const message401 = { 401: says('Invalid authentication credentials') };
const taken = says('A webhook with the given url and method already exists.');
const createdKey = object({ ...keyFields, public_key: text }, [...Object.keys(keyFields), 'public_key']);
const page = object({ uri: text, numbers: list(text), pagination: object({ page: text, next_uri: text }) });
const pagination = object({ page: { type: 'number' }, page_size: { type: 'number' }, has_next: flag });
const confirmed = { 202: 'text', 400: badMessageRequest, ...message401 } as const;
const changes = { ...object(settingFields), minProperties: 1 };
const newKey = object({ digest: text, cipher: text }, ['digest', 'cipher']);
const keyId = object({ key_id: text }, ['key_id']);
const newMessages = object({ messages: list(message, { minItems: 1, maxItems: 100 }) }, ['messages']);
const accepted = object({ messages: list(message, { maxItems: 100 }) });

/** Each operation with its answers, and what the call may have. */
const rows: readonly [call: string, answers: Operation['answers'], request?: Omit<Operation, 'call' | 'answers'>][] = [
  [`POST ${keysPath}`, { 201: createdKey, 400: badKeyRequest, ...keyErrors }, { needsAccept: true, request: newKey }],
  [`GET ${keysPath}`, { 200: list(key), 400: badKeyRequest, ...keyErrors }, { query: { page: true, page_size: true } }],
  [`GET ${keysPath}/{id}`, { 200: key, 400: badKeyRequest, 404: noKey, ...keyErrors }],
  [`DELETE ${keysPath}/{id}`, { 200: 'none', 404: noKey, ...keyErrors }],
  [`GET ${keysPath}/enabled`, { 200: key, 404: says('Currently no key is enabled'), ...keyErrors }],
  [
    `PATCH ${keysPath}/enabled`,
    { 200: key, 400: badKeyRequest, 404: noKey, ...keyErrors },
    { needsAccept: true, request: keyId },
  ],
  [`DELETE ${keysPath}/enabled`, { 204: 'none', ...keyErrors }],
  ['POST /v1/messages', { 202: accepted, 400: badMessageRequest, ...message401 }, { request: newMessages }],
  // The description has a 404 for each of the four below but does not say when, so the simulator never answers it.
  ['GET /v1/delivery_reports', { 200: object({ delivery_reports: list(report, { maxItems: 100 }) }), ...message401 }],
  ['POST /v1/delivery_reports/confirmed', confirmed, { request: ids('delivery_report_ids') }],
  ['GET /v1/replies', { 200: object({ replies: list(reply, { maxItems: 100 }) }), ...message401 }],
  ['POST /v1/replies/confirmed', confirmed, { request: ids('reply_ids') }],
  ['GET /v1/number_authorisation/mt/blacklist', { 200: page, ...message401 }, { query: { token: false } }],
  [
    'POST /v2-preview/reporting/messages/detail',
    { 200: object({ messages: list(reported), pagination }), 400: badMessageRequest, ...message401 },
    { request: reportRequest },
  ],
  [
    `POST ${webhooksPath}`,
    { 201: webhook, 400: somethingWrong, ...webhooks401, 409: taken },
    { request: webhookRequest },
  ],
  [
    `GET ${webhooksPath}`,
    { 200: object({ page: whole, pageSize: whole, pageData: list(webhook) }), 400: somethingWrong, ...webhooks401 },
    { query: { page: false, page_size: false } },
  ],
  [
    `PATCH ${webhooksPath}/{id}`,
    { 200: webhook, 400: somethingWrong, ...webhooks401, 404: 'none' },
    { request: changes },
  ],
  [`DELETE ${webhooksPath}/{id}`, { 204: 'none', ...webhooks401, 404: 'none' }],
];

/**
 * The operations that the client uses and the simulator has, in our own words: what is required and allowed, with the
 * limits from the text of the description. The list has all error answers of an operation, and no others.
 */
export const operations: readonly Operation[] = rows.map(([call, answers, request]) => ({ call, answers, ...request }));
