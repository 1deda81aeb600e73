// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Velocity writes its references like that
import { expect, test } from '@jest/globals';
import { hasDirectives, renderTemplate } from '../../../sandbox/provider/templates.ts';

const variables = {
  id: '1',
  content: 'say "hi"\n',
  gone: undefined,
  billingUnits: 2,
  metadata: { 'a key': 'a&b' },
  attachments: [{ content_type: 'image/png' }],
};

test.each([
  ['$id ${id} $!id $!{id}', '1 1 1 1'],
  ['${id}x $idx', '1x $idx'],
  ['$missing|$!missing|${missing}|$!{missing}|$gone', '$missing||${missing}||$gone'],
  ["$metadata.get('a key')|$metadata.get('b')|$!metadata.get('b')", "a&b|$metadata.get('b')|"],
  ["${metadata.get('a key')}", 'a&b'],
  ['$id.length', '1.length'],
  ['costs $5, 100%, $', 'costs $5, 100%, $'],
  ['$constructor $toString', '$constructor $toString'],
  ['"$content"', '"say \\"hi\\"\\n"'],
  ['"$esc.json($!content)"', '"say \\"hi\\"\\n"'],
  ["$esc.json($metadata.get('a key'))", 'a&b'],
  ['$billingUnits $attachments', '2 [{"content_type":"image/png"}]'],
])('%s', (template, rendered) => {
  expect(renderTemplate(template, variables, 'JSON')).toBe(rendered);
});

test('a value is never rendered again', () => {
  expect(renderTemplate('$a', { a: '$b', b: 'secret' }, 'JSON')).toBe('$b');
});

test('values that are not text are escaped as well', () => {
  expect(renderTemplate('a=$attachments', variables, 'FORM_ENCODED')).toBe(
    'a=%5B%7B%22content_type%22%3A%22image%2Fpng%22%7D%5D',
  );
  expect(renderTemplate('$attachments', variables, 'XML')).toBe('[{&quot;content_type&quot;:&quot;image/png&quot;}]');
});

test.each([
  ['#if ($attachments)x#end', true],
  ['#foreach($a in $b)$a#end', true],
  ['#{else}', true],
  ['colour #fff, number #1, #iffy', false],
])('directives in %s: %s', (template, expected) => {
  expect(hasDirectives(template)).toBe(expected);
});
