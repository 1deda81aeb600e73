// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Velocity writes its references like that
import type { CheckedWebhook } from '../../../cli/webhooks/webhook-outcome.ts';
import type { WebhookEventName } from '../../../lambda/messagemedia/types.ts';

/** A webhook, and the codes of its problems with the events that have them. */
export interface Row {
  name: string;
  webhook: CheckedWebhook;
  problems: string[];
}

const url = 'https://a.example/m';
const withDefaults = { url, method: 'POST', encoding: 'JSON' };

function row(
  name: string,
  events: WebhookEventName[],
  template: string | undefined,
  problems: string[],
  more: Partial<CheckedWebhook> = {},
): Row {
  return { name, webhook: { ...withDefaults, events, ...(template !== undefined && { template }), ...more }, problems };
}

const reply: WebhookEventName[] = ['RECEIVED_SMS'];
const mms: WebhookEventName[] = ['RECEIVED_MMS'];
const both: WebhookEventName[] = ['RECEIVED_SMS', 'OPT_OUT_SMS'];
const optOut: WebhookEventName[] = ['OPT_OUT_SMS'];
const report: WebhookEventName[] = ['DELIVERED_DR'];
const form = { encoding: 'FORM_ENCODED' };
const xml = { encoding: 'XML' };
const get = (query: string) => ({ method: 'GET', url: `${url}?${query}` });

/** Every kind of fault, and for each the template that looks like it and is right. */
export const rows: Row[] = [
  row('typed text that is not escaped', reply, '{"reply_id":"$moId","text":"$moContent"}', [
    'error unescaped RECEIVED_SMS',
  ]),
  row('the same under another name', reply, '#set($t = $replyContent){"reply_id":"$moId","text":"$t"}', [
    'error unescaped RECEIVED_SMS',
  ]),
  row('typed text that is escaped', reply, '{"reply_id":"$moId","text":"$esc.json($!moContent)"}', []),
  row('typed text in a condition', reply, '{"reply_id":"$moId"#if($moContent == "STOP"),"stop":true#end}', []),
  row('text of the message', report, '{"delivery_report_id":"$drId","text":"$messageContent","or":"$mtContent"}', [
    'error unescaped DELIVERED_DR',
    'error unescaped DELIVERED_DR',
  ]),
  row('a value of the metadata', reply, `{"reply_id":"$moId","order":"$metadata.get('order')"}`, [
    'error unescaped RECEIVED_SMS',
  ]),
  row(
    'all metadata, escaped',
    reply,
    '{"reply_id":"$moId"#foreach($e in $metadata.entrySet()),"$esc.json($e.key)":"$esc.json($e.value)"#end}',
    [],
  ),
  row('the name of a file', mms, '{"reply_id":"$moId","files":[#foreach($a in $attachments)"$a.originalName"#end]}', [
    'error unescaped RECEIVED_MMS',
  ]),
  row(
    'the name of a file, escaped',
    mms,
    '{"reply_id":"$moId","files":[#foreach($a in $attachments)"$esc.json($a.originalName)"#end]}',
    [],
  ),
  row(
    'text of an SMS in a template for an MMS',
    [...reply, ...mms],
    '{"reply_id":"$moId","text":"$esc.json($!moContent)"}',
    ['warning no_variable RECEIVED_MMS'],
  ),
  row(
    'text of an SMS in a template for an MMS, silent',
    [...reply, ...mms],
    '{"reply_id":"$moId","text":"$!esc.json($!moContent)"}',
    [],
  ),
  row('the id of a reply in an opt-out', optOut, '{"reply_id":"$moId"}', ['error no_variable OPT_OUT_SMS']),
  row('the id of a reply in an opt-out, silent', optOut, '{"reply_id":"$!replyId"}', ['warning no_id OPT_OUT_SMS']),
  row(
    'replies and opt-outs with both ids, silent',
    both,
    '{"reply_id":"$!moId","notification_id":"$!notificationId"}',
    [],
  ),
  row(
    'replies and opt-outs with both ids, as the guide writes them',
    both,
    '{"reply_id":"$moId","notification_id":"$notificationId"}',
    ['warning no_variable RECEIVED_SMS', 'warning no_variable OPT_OUT_SMS'],
  ),
  row('an id under the name of another kind', optOut, '{"reply_id":"$notificationId"}', [
    'warning other_kind OPT_OUT_SMS',
  ]),
  row('an id under a name that is not read', reply, '{"id":"$moId"}', ['warning no_id RECEIVED_SMS']),
  row('no id', reply, '{"from":"$sourceAddress"}', ['warning no_id RECEIVED_SMS']),
  row('no id, in a URL that says that none is read', reply, '{"from":"$sourceAddress"}', ['info no_id RECEIVED_SMS'], {
    url: `${url}?kind=webhook`,
  }),
  row(
    'a kind in the URL that is not that of the event',
    report,
    '{"delivery_report_id":"$drId"}',
    ['warning other_kind DELIVERED_DR'],
    { url: `${url}?kind=reply` },
  ),
  row('a variable that nobody knows', reply, '{"reply_id":"$moId","x":"$contact_message"}', [
    'warning unknown_variable RECEIVED_SMS',
  ]),
  row('an escape that nobody knows', reply, '{"reply_id":"$moId","x":"$esc.xml($moContent)"}', [
    'warning unknown_variable RECEIVED_SMS',
    'warning no_variable RECEIVED_SMS',
  ]),
  row('a variable that nobody knows, in place of a value', reply, '{"reply_id":"$moId","x":$jsonUtils}', [
    'warning not_json RECEIVED_SMS',
    'warning unknown_variable RECEIVED_SMS',
  ]),
  row('a comma too many', reply, '{"reply_id":"$moId",}', ['error not_json RECEIVED_SMS']),
  row('a byte order mark', reply, '\uFEFF{"reply_id":"$moId"}', ['warning mark RECEIVED_SMS']),
  row('a block that is not closed', reply, '{"reply_id":"$moId"#if($mtId)}', ['warning not_velocity RECEIVED_SMS']),
  row('blocks in a comment', reply, '{"reply_id":"$moId"## #if($a)\n#*#end*#}', []),
  row('a call that is not closed', reply, '{"reply_id":"$moId","x":"$esc.json($moContent"}', [
    'warning not_velocity RECEIVED_SMS',
  ]),
  row('no template', reply, undefined, ['warning no_template RECEIVED_SMS']),
  row(
    'a form with text behind the id',
    reply,
    'reply_id=$moId&text=$moContent',
    ['warning unescaped RECEIVED_SMS'],
    form,
  ),
  row(
    'a form with text before the id',
    reply,
    'text=$moContent&reply_id=$moId',
    ['warning unescaped RECEIVED_SMS', 'warning no_id RECEIVED_SMS'],
    form,
  ),
  row(
    'a form with text under a name that is read',
    reply,
    'status=$moContent&reply_id=$moId',
    ['error typed_id RECEIVED_SMS'],
    form,
  ),
  row('a form without text', reply, 'reply_id=$moId&message_id=$mtId', [], form),
  row(
    'JSON in a form, with text that is not escaped',
    reply,
    '{"reply_id":"$moId","text":"$moContent"}',
    ['error unescaped RECEIVED_SMS'],
    form,
  ),
  row(
    'XML with text behind the id',
    reply,
    '<r><reply_id>$moId</reply_id><text>$moContent</text></r>',
    ['warning unescaped RECEIVED_SMS'],
    xml,
  ),
  row(
    'XML with text under a name that is read',
    reply,
    '<r><status>$moContent</status><reply_id>$moId</reply_id></r>',
    ['error typed_id RECEIVED_SMS'],
    xml,
  ),
  row(
    'a GET as in the example of MessageMedia',
    reply,
    undefined,
    ['warning unescaped RECEIVED_SMS', 'warning no_id RECEIVED_SMS'],
    get('text=$mtContent&id=$mtId'),
  ),
  row('a GET with the id first', reply, undefined, [], get('reply_id=$moId&from=$sourceAddress')),
];
