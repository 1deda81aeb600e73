/** The encodings that editors and shells write besides plain UTF-8. PowerShell's `>` writes UTF-16. */
export function encodingOf([first, second, third]: Uint8Array):
  | 'utf-16be'
  | 'utf-16le'
  | 'utf-8 with a byte order mark'
  | 'utf-8' {
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return 'utf-16be';
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le';
  return first === 0xef && second === 0xbb && third === 0xbf ? 'utf-8 with a byte order mark' : 'utf-8';
}

/** The bytes of a text file as UTF-8, without a byte order mark. Bytes that are no text stay as they are. */
export function toUtf8(bytes: Buffer): Buffer {
  const encoding = encodingOf(bytes);
  if (encoding === 'utf-8') return bytes;
  return encoding.startsWith('utf-8') ? bytes.subarray(3) : Buffer.from(new TextDecoder(encoding).decode(bytes));
}

export function decodeText(bytes: Buffer): string {
  return toUtf8(bytes).toString('utf8');
}
