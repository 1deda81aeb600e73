/** Why a signature does not verify: what it means, and what mends it. The list is closed, so that programs can rely on it. */
export const causes = {
  none: ['Nothing is wrong: the signature is good.', 'Nothing to do.'],
  unsigned: [
    'The request has no signature, and nothing else of MessageMedia.',
    'Was it MessageMedia? Then enable a key: mmw keys list shows which is. Else it is a stranger.',
  ],
  headers_missing: [
    'Headers that MessageMedia sends were dropped on the way.',
    'Let whatever is in front pass X-MessageMedia-… and Date on.',
  ],
  headers_renamed: [
    'A header of MessageMedia arrived under another name.',
    'Let whatever is in front leave header names as they are; a REST API renames Date if an integration mapping touches it.',
  ],
  signature_encoding: [
    'The signature is written in another way than base64 with padding.',
    'Whatever rewrote it (hex, base64url, no padding, line breaks) must leave the header alone.',
  ],
  signature_length: [
    'The signature is not as long as the key: it was cut, or belongs to a key of another size.',
    'Look for a limit on header sizes on the way, and at the keyring.',
  ],
  key_not_in_keyring: [
    'The request names a key that is not in the keyring, and none of the keys that are signed it.',
    'mmw keys list shows what is enabled. Add it with mmw keys import, or make a new one with mmw keys create --enable.',
  ],
  forged: [
    'No key of the keyring signed this, whatever the body: a forgery, a damaged signature, or a wrong public key under this id.',
    'If it was MessageMedia, compare the keyring with the answer that created the key. Else there is nothing to mend.',
  ],
  key_id_of_another_key: [
    'Another key of the keyring signed this than the one that the request names.',
    'Give each public key in the keyring the id that MessageMedia gave it.',
  ],
  key_retired: [
    'The key was retired before the Date of the request.',
    'If it is the enabled one: mmw keys enable KEY_ID takes the retirement back.',
  ],
  digest_header: [
    'The header names another digest than the one that was signed with.',
    'Whatever rewrote X-MessageMedia-Digest-Type must leave it alone.',
  ],
  digest_of_key: [
    'The keyring says that this key signs with another digest than it did.',
    'Put the digest into the keyring that the key was created with.',
  ],
  clock: ['The signature is good, and its Date is in the future: a clock is off.', 'Set the clock that is off.'],
  late: [
    'The signature is good, and its Date is older than is accepted: a late retry, or a replay.',
    'If MessageMedia retries so late, raise timestampToleranceSeconds.',
  ],
  body_alone: [
    'Only the body was signed.',
    'MessageMedia signs request line, Date and body. Whoever sends this follows the C# sample: correct the sender.',
  ],
  fixed_request_line: [
    'The request line that was signed has "/" in place of the path.',
    'Whoever sends this follows a sample: sign the path and query that are called.',
  ],
  no_date: ['The Date was left out of what was signed.', 'Correct the sender: request line, Date and body are signed.'],
  separators: [
    'There are line breaks between the signed parts.',
    'Correct the sender: nothing stands between the parts.',
  ],
  method_changed: [
    'The method was changed on the way, as a redirect does.',
    'Call the final URL: give MessageMedia the one that does not redirect.',
  ],
  http_version: ['Another HTTP version was signed than HTTP/1.1.', 'Sign the literal HTTP/1.1, whatever is spoken.'],
  path_prefix_added: [
    'The path has a prefix that was not signed: a stage, a base path, or a proxy put it there.',
    'Verify against the path that MessageMedia called, or let the proxy pass it on unchanged.',
  ],
  path_prefix_removed: [
    'A prefix of the path was signed that did not arrive: a stage, a base path, or a proxy took it away.',
    'Verify against the path that MessageMedia called, or let the proxy pass it on unchanged.',
  ],
  trailing_slash: [
    'A slash at the end of the path was added or removed.',
    'Call and serve the same path, to the last slash.',
  ],
  query_dropped: ['A query was signed that did not arrive.', 'Let whatever is in front pass the query on.'],
  query_added: ['The query was added on the way: what was signed has none.', 'Keep proxies from adding parameters.'],
  query_reordered: [
    'The parameters of the query are in another order than was signed.',
    'Pass the query on as it was sent.',
  ],
  percent_encoding: [
    'The target is encoded in another way than was signed (decoded, %20 or +, case of hex digits).',
    'Use the raw target of the request, not one that a framework decoded.',
  ],
  absolute_target: [
    'Scheme, host or port are part of what was signed.',
    'Sign the path and query alone; and verify the same.',
  ],
  date_replaced: ['The Date was replaced on the way.', 'Let proxies pass on the Date that they got.'],
  date_reformatted: [
    'The Date was written anew in another format.',
    'Use the header as it arrived, not a parsed date.',
  ],
  body_rewritten: [
    'The body was parsed and written again.',
    'Verify the raw bytes before anything parses them: a body parser, a proxy or a mapping template wrote these.',
  ],
  body_key_order: [
    'The members of the JSON body are in another order.',
    'Verify the raw bytes before anything parses them.',
  ],
  body_newline: [
    'Line breaks at the end of the body, or in it, were changed.',
    'Pass the body on as bytes, not as lines of text.',
  ],
  body_bom: ['A byte order mark was added to the body, or removed.', 'Pass the body on as bytes.'],
  body_charset: ['The body was decoded with one charset and encoded with another.', 'Pass the body on as bytes.'],
  body_base64: [
    'The body is base64 of what was signed, or the other way round.',
    'Decode the body if isBase64Encoded is true, and only then.',
  ],
  body_compression: [
    'The body is compressed, but what was signed is not.',
    'Verify after the content encoding is undone.',
  ],
  body_cut: ['The body was cut: it is shorter than its Content-Length says.', 'Look for a size limit on the way.'],
  body_added: ['A body was added to a request that was signed without one.', 'Leave the body of a GET empty.'],
  other_bytes: [
    'This key signed other bytes than arrived, and no change that we know explains it.',
    'Capture the request as near to the sender as you can, and compare.',
  ],
} as const satisfies Record<string, readonly [meaning: string, mend: string]>;

export type Cause = keyof typeof causes;
