import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { Cause } from './causes.ts';
import { jsonForms, jsonOrders } from './json-forms.ts';

/** One part of a request as it may have been when it was signed, and the change that explains the difference. */
export interface Candidate<Part> {
  part: Part;
  cause: Cause;
}

/** Larger than any webhook. A body that decompresses to more is not tried. */
const largestBody = 8_000_000;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Bodies that may have been signed, likeliest first, without the body as it arrived. */
export function bodyCandidates(body: Buffer): Candidate<Buffer>[] {
  const found = new Map<string, Candidate<Buffer>>();
  for (const candidate of candidatesOf(body)) {
    const key = candidate.part.toString('latin1');
    if (!candidate.part.equals(body) && !found.has(key)) found.set(key, candidate);
  }
  return [...found.values()];
}

function* candidatesOf(body: Buffer): Generator<Candidate<Buffer>> {
  const text = body.toString('utf8');
  const as = (part: Buffer | string, cause: Cause) => ({ part: Buffer.from(part as string), cause });
  yield as(
    body.subarray(0, 3).equals(byteOrderMark) ? body.subarray(3) : Buffer.concat([byteOrderMark, body]),
    'body_bom',
  );
  yield* newlines(text, body);
  for (const form of jsonForms(text.replace(/^\ufeff/, ''))) yield as(form, 'body_rewritten');
  for (const form of formBodies(text)) yield as(form, 'body_rewritten');
  for (const part of otherCharsets(body, text)) yield { part, cause: 'body_charset' };
  if (/^[A-Za-z0-9+/\s]+(?:={1,2}\s*)?$/.test(text)) yield { part: Buffer.from(text, 'base64'), cause: 'body_base64' };
  if (/^[A-Za-z0-9_-]+$/.test(text)) yield { part: Buffer.from(text, 'base64url'), cause: 'body_base64' };
  yield as(body.toString('base64'), 'body_base64');
  for (const part of decompressed(body)) yield { part, cause: 'body_compression' };
  yield { part: Buffer.alloc(0), cause: 'body_added' };
  for (const form of jsonOrders(text)) yield as(form, 'body_key_order');
}

function* newlines(text: string, body: Buffer): Generator<Candidate<Buffer>> {
  const lines = [
    withoutLineBreaksAtEnd(text),
    text.replace(/\r?\n$/, ''),
    text.trim(),
    text.replaceAll('\r\n', '\n'),
    text.replaceAll(/\r?\n/g, '\r\n'),
    text.replaceAll(/\r\n?|\n/g, ''),
  ];
  const isText = Buffer.from(text).equals(body);
  if (isText) for (const line of lines) yield { part: Buffer.from(line), cause: 'body_newline' };
  for (const end of ['\n', '\r\n']) yield { part: Buffer.concat([body, Buffer.from(end)]), cause: 'body_newline' };
}

function withoutLineBreaksAtEnd(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\n') end -= text[end - 2] === '\r' ? 2 : 1;
  return text.slice(0, end);
}

function* formBodies(text: string): Generator<string> {
  if (!/^[^\s{<[]+=/.test(text)) return;
  const parsed = new URLSearchParams(text);
  const rewritten = [text, String(parsed), [...parsed].map((pair) => pair.map(encodeURIComponent).join('=')).join('&')];
  for (const form of rewritten) {
    for (const spaced of [form, form.replaceAll('+', '%20'), form.replaceAll('%20', '+')]) {
      yield spaced;
      yield spaced.replaceAll(/%[0-9a-f]{2}/gi, (code) => code.toUpperCase());
      yield spaced.replaceAll(/%[0-9a-f]{2}/gi, (code) => code.toLowerCase());
    }
  }
}

/** Bytes that were read as Latin-1 and written as UTF-8, and the other ways round. */
function* otherCharsets(body: Buffer, text: string): Generator<Buffer> {
  const latin = body.toString('latin1');
  yield Buffer.from(latin);
  yield Buffer.from(text, 'latin1');
  const windows = new TextDecoder('windows-1252').decode(body);
  yield Buffer.from(windows);
  const back = toWindows1252(text);
  if (back) yield back;
  yield Buffer.from(body.toString('utf16le'));
  yield Buffer.from(text, 'utf16le');
}

const windowsBytes = new Map(
  Array.from({ length: 256 }, (_, byte) => [new TextDecoder('windows-1252').decode(Buffer.from([byte])), byte]),
);

function toWindows1252(text: string): Buffer | undefined {
  if (text.length > 1_000_000) return undefined;
  const bytes = [...text].map((character) => windowsBytes.get(character));
  return bytes.every((byte) => byte !== undefined) ? Buffer.from(bytes) : undefined;
}

function* decompressed(body: Buffer): Generator<Buffer> {
  for (const undo of [gunzipSync, inflateSync, brotliDecompressSync]) {
    try {
      yield undo(body, { maxOutputLength: largestBody });
    } catch {
      // It is not compressed in this way.
    }
  }
}
