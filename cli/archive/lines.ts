import { createGunzip } from 'node:zlib';

/** A line of an object, or the reason why it cannot be read. */
export type Line = { number: number; text: string } | { number: number; broken: string };

/** Twice the longest message as a line with its data in base64. A longer line is not an event. */
const longestLine = 4 * 1_048_576;
const newline = 0x0a;

/**
 * Reads the lines of plain text, or of gzip with any number of members. The last line need not have a line end. Empty lines
 * are counted, but not returned. Memory holds the compressed object, a chunk of it and a line.
 */
export async function* readLines(bytes: Uint8Array): AsyncGenerator<Line> {
  /** The parts of a line whose end has not arrived; empty for a line that is too long. */
  let open: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  const add = (part: Uint8Array) => {
    length += part.length;
    open = length > longestLine ? [] : [...open, part];
  };
  const close = (): Line[] => {
    const text = Buffer.concat(open).toString('utf8').replace(/\r$/, '');
    const broken = length > longestLine && `the line has ${length} bytes, which is too long for an event`;
    [open, length] = [[], 0];
    number++;
    if (broken) return [{ number, broken }];
    return text === '' ? [] : [{ number, text }];
  };
  try {
    for await (const chunk of decompress(bytes)) {
      let start = 0;
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
        add(chunk.subarray(start, end));
        yield* close();
        start = end + 1;
      }
      add(chunk.subarray(start));
    }
    if (length > 0) yield* close();
  } catch (error) {
    // The line that had begun is not complete.
    yield { number: number + 1, broken: (error as Error).message };
  }
}

/** Decompresses gzip, which begins with two known bytes, and passes on everything else. */
async function* decompress(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return yield bytes;
  const gunzip = createGunzip();
  gunzip.end(bytes);
  try {
    yield* gunzip;
  } catch (cause) {
    throw new Error(`the rest of the object cannot be decompressed: ${(cause as Error).message}`, { cause });
  }
  // zlib silently drops bytes after a member that do not begin another member.
  if (gunzip.bytesWritten < bytes.length) throw new Error('the rest of the object is not gzip');
}
