import fc from 'fast-check';
import { anyText } from './attacks.ts';

/** What a body may be made of: JSON, forms, XML and templates, whole and broken. */
const pieces = [
  ...String.raw`{ } [ ] " : , \ \" \\ \u \ud83d null 1e400 - 0 $replyId $!{x} #if #foreach #[[ < > </a> <a> <reply_id> &amp;`.split(
    ' ',
  ),
  ...'= & reply_id= % %zz + status=delivered& ; \0 \u0001 \ufffe \ufeff \u0085 👍'.split(' '),
  ...[' ', '\n', '\t', '<?xml version="1.0"?>'],
  ...['{"reply_id":"r-1",', '"reply_id":"r-2"', '"message_id":', '"delivery_report_id":1', '"__proto__":{', '"a":'],
  ...['"vendor_account_id":{"account_id":"A","account_id":"B"}', '"date_received":"2026-02-30T00:00:00Z"'],
];
const unit = fc.oneof(fc.constantFrom(...pieces), anyText(20));

/** A body that MessageMedia could have been made to sign. */
export const hostileBody: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 8, arbitrary: fc.array(unit, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(''))) },
  { weight: 4, arbitrary: fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(unit, unit, unit, fc.nat(5_000))
      .map(([before, repeated, behind, times]) => Buffer.from(before + repeated.repeat(times) + behind)),
  },
);
