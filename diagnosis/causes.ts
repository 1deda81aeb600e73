/** Why a signature does not verify, and what to do about it. The list is closed, so that programs can rely on it. */
export const causes = {
  none: ['Nothing is wrong: the signature is good.', 'Nothing to do.'],
  unsigned: [
    'The request has no signature, and no other header of MessageMedia.',
    'If it is from MessageMedia, no key is enabled: mmw keys list shows this, mmw keys enable enables one. Else ignore it.',
  ],
  headers_missing: [
    'Headers that MessageMedia sends were dropped on the way.',
    'Let every proxy on the way pass on X-MessageMedia-… and Date.',
  ],
  headers_renamed: [
    'A header of MessageMedia arrived under another name.',
    'Let every proxy on the way keep header names as they are. A REST API renames Date if an integration mapping touches it.',
  ],
  signature_encoding: [
    'The signature is not written as base64 with padding.',
    'Find out what rewrote it (as hex, as base64url, without padding, with line breaks), and let it keep the header as it is.',
  ],
  signature_length: [
    'The signature is not as long as the key: it was cut, or belongs to a key of another size.',
    'Look for a limit on header sizes on the way, and check the key in the keyring.',
  ],
  key_not_in_keyring: [
    'The key that is named is not in the keyring, or the keyring is empty, and none of the keys in the keyring signed it.',
    'mmw keys list shows what is enabled. Add it with mmw keys import, or make a new one with mmw keys create --enable.',
  ],
  forged: [
    'No key of the keyring signed this, whatever the body: a forgery, a damaged signature, or a wrong public key under this id.',
    'If it is from MessageMedia, compare the fingerprint that mmw keys show has with the answer that created the key. Else there is nothing to do.',
  ],
  key_id_of_another_key: [
    'The request names one key of the keyring, but another key of the keyring signed it.',
    'Give each public key in the keyring the id that MessageMedia gave it.',
  ],
  key_retired: [
    'The key was retired before the Date of the request.',
    'If it is the enabled key, mmw keys enable KEY_ID removes the retirement.',
  ],
  digest_header: [
    'The header names one digest, but the request was signed with another.',
    'Find out what rewrote X-MessageMedia-Digest-Type, and let it keep the header as it is.',
  ],
  cipher_header: [
    'X-MessageMedia-Cipher-Type names another cipher than RSA.',
    'Find out what rewrote the header, and let it keep the header as it is.',
  ],
  digest_of_key: [
    'The keyring names one digest for this key, but the key signed with another.',
    'In the keyring, give the key the digest that it was created with.',
  ],
  foreign_account: [
    'The signature is good, but the request names an account that another key in the keyring is of.',
    'mmw keys list shows whose keys these are. If that is right, somebody with the other account forges.',
  ],
  clock: ['The signature is good, but its Date is in the future: a clock is wrong.', 'Set the clock that is wrong.'],
  late: [
    'The signature is good, but its Date is too old to be accepted: a late retry, or a replay.',
    'If MessageMedia retries this late, raise timestampToleranceSeconds.',
  ],
  body_alone: [
    'Only the body was signed.',
    'MessageMedia signs request line, Date and body. The sender follows the C# sample: correct the sender.',
  ],
  fixed_request_line: [
    'The request line that was signed has "/" in place of the path.',
    'The sender follows a sample: let it sign the path and query that it calls.',
  ],
  no_date: ['The Date was not signed.', 'Correct the sender: it must sign request line, Date and body.'],
  date_format: [
    'The Date was signed in a format that HTTP does not have.',
    'Correct the sender: it must send and sign a Date such as Wed, 18 Jul 2018 06:33:52 GMT.',
  ],
  target_format: [
    'The target was signed with white space or control characters, which a request cannot have.',
    'Correct the sender: it must encode the target, and sign what it sends.',
  ],
  separators: [
    'There are line breaks between the signed parts.',
    'Correct the sender: nothing goes between the parts.',
  ],
  method_changed: [
    'The method was changed on the way, as by a redirect.',
    'Give MessageMedia the final URL, which does not redirect.',
  ],
  http_version: [
    'The signed request line has another HTTP version than HTTP/1.1.',
    'Correct the sender: it must sign the text HTTP/1.1, whatever version it uses.',
  ],
  path_prefix_added: [
    'The path has a prefix that was not signed: a stage, a base path, or a proxy added it.',
    'Verify against the path that MessageMedia called, or let the proxy pass it on unchanged.',
  ],
  path_prefix_removed: [
    'The signed path has a prefix that did not arrive: a stage, a base path, or a proxy removed it.',
    'Verify against the path that MessageMedia called, or let the proxy pass it on unchanged.',
  ],
  trailing_slash: [
    'A slash at the end of the path was added or removed.',
    'Call and serve exactly the same path, including the last slash.',
  ],
  query_dropped: [
    'The signed target has a query, but the query did not arrive.',
    'Let every proxy on the way pass the query on.',
  ],
  query_added: ['The query was added on the way: the signed target has none.', 'Do not let a proxy add parameters.'],
  query_reordered: [
    'The parameters of the query are not in the order in which they were signed.',
    'Pass the query on as it was sent.',
  ],
  percent_encoding: [
    'The target is not encoded as it was signed (decoded, %20 or +, case of hex digits).',
    'Use the raw target of the request, not one that a framework decoded.',
  ],
  absolute_target: ['Scheme, host or port were signed too.', 'Sign and verify only the path and the query.'],
  date_replaced: ['The Date was replaced on the way.', 'Let proxies pass on the Date that they receive.'],
  date_reformatted: ['The Date was rewritten in another format.', 'Use the header as it arrived, not a parsed date.'],
  body_rewritten: [
    'The body was parsed and written again.',
    'Verify the raw bytes, before a body parser, a proxy or a mapping template parses them.',
  ],
  body_key_order: [
    'The members of the JSON body are not in the order in which they were signed.',
    'Verify the raw bytes before anything parses them.',
  ],
  body_newline: [
    'Line breaks in the body, or at its end, were changed.',
    'Pass the body on as bytes, not as lines of text.',
  ],
  body_bom: ['A byte order mark was added to the body, or removed.', 'Pass the body on as bytes.'],
  body_charset: ['The body was decoded with one charset and encoded with another.', 'Pass the body on as bytes.'],
  body_base64: [
    'The body is base64 but the signed body is not, or the other way round.',
    'Decode the body if isBase64Encoded is true, and only then.',
  ],
  body_compression: [
    'The body is compressed, but the signed body is not.',
    'Decompress the body before you verify it.',
  ],
  body_cut: ['The body was cut: it is shorter than its Content-Length says.', 'Look for a size limit on the way.'],
  body_added: ['A body was added to a request that was signed without one.', 'Leave the body of a GET empty.'],
  other_bytes: [
    'This key signed other bytes than those that arrived, and no known change explains the difference.',
    'Capture the request as close to the sender as you can, and compare.',
  ],
} as const satisfies Record<string, readonly [meaning: string, mend: string]>;

export type Cause = keyof typeof causes;
