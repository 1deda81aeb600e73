// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Velocity writes its references like that
import { templateFor, templateKinds } from '../../../cli/webhooks/templates.ts';

/** Prints templates and variables for Apache Velocity to render: see make.sh. */
const hostile = [
  'plain',
  'say "hi" \\ back/slash',
  '$moId $!x ${notificationId} $esc.json($x)',
  '#if($x)a#end #foreach #set($a=1)',
  '&reply_id=typed&notification_id=typed',
  '</content><reply_id>typed</reply_id><notification_id>typed</notification_id>',
  '","reply_id":"typed","notification_id":"typed',
  'line\nbreak\ttab\r 👍🏽 ü \u0000 \uffff',
];

const entry = { contentType: 'image/png', base64: 'aGk=', originalName: 'a "b".png' };

const ids: Record<(typeof templateKinds)[number], object> = {
  'delivery-report': {
    drId: 'd-1',
    status: 'delivered',
    statusCode: '220',
    submittedTimestamp: '2026-11-23T09:00:00Z',
  },
  reply: { moId: 'r-1', replyId: 'r-1', destinationAddress: '+61491570156' },
  'opt-out': { notificationId: 'n-1', destinationAddress: '+61491570156' },
};

const cases: { template: string; variables: object }[] = [];
for (const kind of templateKinds) {
  const template = templateFor(kind);
  for (const content of hostile) {
    const metadata = { order: '4711', [content.replace('\u0000', '')]: content };
    const about = { mtId: 'm-1', messageId: 'm-1', accountId: 'a-1', vendorId: 'v-1', metadata };
    const typed = { mtContent: content, moContent: content, sourceAddress: '+61491570157' };
    const times = { receivedTimestamp: '2026-11-23T09:00:00.000Z' };
    cases.push({ template, variables: { ...ids[kind], ...about, ...typed, ...times } });
  }
  cases.push({ template, variables: {} });
  cases.push({ template, variables: { ...ids[kind], accountId: 'a-1', metadata: {} } });
  cases.push({ template, variables: { ...ids[kind], attachments: [entry, entry], billingUnits: 2 } });
}

const variables = {
  id: '1',
  text: 'say "hi"\n',
  n: 2,
  no: false,
  metadata: { 'a key': 'a&b', $b: '$id' },
  list: ['x', 'y'],
  empty: '',
  zero: 0,
  media: [entry, { ...entry, originalName: '' }],
};
for (const template of [
  '$id ${id} $!id $!{id} ${id}x $idx $!idx|${idx}|$!{idx}',
  "$metadata.get('a key')|$metadata.get('b')|$!metadata.get('b')|$!{metadata.get('b')}",
  'costs $5, 100%, $ and #fff, #1, #iffy',
  '$esc.json($text)|$esc.json($!text)|$esc.json($none)|$!esc.json($none)|$!esc.json($!none)',
  '#if($id)yes#else no#end|#if($none)yes#{else}no#end|#if($no)a#elseif($n)b#else c#end',
  '#foreach($x in $list)$x#if($foreach.hasNext),#end#end',
  '#foreach($x in $list)$x#if($velocityHasNext),#end#end',
  '#foreach($k in $metadata.keySet())"$k":"$esc.json($metadata.get($k))"#if($foreach.hasNext),#end#end',
  '#foreach($e in $metadata.entrySet())"$e.key":"$e.value"#if( $foreach.hasNext ),#end    #end  }',
  '#foreach($e in $none.entrySet())x#end|#foreach($e in $none)x#end|',
  '#foreach($k in $metadata.keySet()) "$k": "$esc.json($metadata.get($k))"#if( $velocityHasNext ),#end #end',
  '#foreach($x in $list)#foreach($y in $list)$x$y#if($velocityHasNext)-#end#end#if($velocityHasNext),#end#end',
  '{ "attachments": [ #if ($attachments) 1 #else 2 #end ] }',
  '{ #if ($attachments) "attachments": [ #foreach ($entry in $attachments) { "type": "$entry.contentType", "data": "$entry.base64", "name": "$entry.originalName" }#if( $foreach.hasNext ),#end #end ], #else "content": "$esc.json($text)", #end "to": "$none" }',
  '#foreach($a in $media)$a.contentType $esc.json($a.originalName) $!a.none $a.none#if($foreach.hasNext);#end#end',
  '#if($empty)t#{else}f#end #if($zero)t#{else}f#end #if(!$none)t#end #if($n == 2)t#end #if($text && !$no)t#end',
  '$metadata $metadata.size() $metadata.isEmpty() $metadata.containsKey("a key") $list',
  '$none.foo $!none.foo $none.foo() $id.foo $!id.foo $esc.none($id) $!esc.none($id) $esc.json("a$id")',
  '$toString $constructor $hasOwnProperty $__proto__ $id.constructor $metadata.constructor',
  '#set($a = "v$id")$a|a ## comment',
  'a #* comment *# b|$$id|$1|user@example.com|$id&id=$id;$id,$id.|👍$id👍',
  '{"a":"$moId","b":"$!moId","c":"$replyId","d":"$notificationId"}',
]) {
  cases.push({ template, variables });
}
// Templates of customers: one for two kinds, and one that does not escape.
const kinds = { reply: { moId: 'r-1', replyId: 'r-1' }, 'opt-out': { notificationId: 'n-1' } };
for (const template of [
  '{"reply_id":"$replyId","message_id":"$mtId","content":"$moContent"}',
  '{"reply_id":"$moId","notification_id":"$notificationId","message_id":"$mtId","content":"$moContent"}',
]) {
  for (const some of Object.values(kinds)) {
    for (const moContent of ['STOP', 'she said "yes"', 'C:\\new', 'two\nlines', '","notification_id":"typed']) {
      cases.push({ template, variables: { ...some, mtId: 'm-1', moContent } });
    }
  }
}
console.log(JSON.stringify(cases));
