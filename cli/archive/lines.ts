import { createGunzip } from 'node:zlib';

/** A line of an object, or the reason why it cannot be read. */
export type Line = { number: number; text: string } | { number: number; broken: string };

/** Twice the longest message as a line with its data in base64. A longer line is not an event. */
const longestLine = 4 * 1_048_576;
const newline = 0x0a;

/**
 * Reads the lines of plain text, or of gzip with any number of members. The last line need not have a line end. What
 * cannot be read is returned as a broken line. Memory holds the compressed object, a chunk of it and a line.
 *
 * @param bytes of an object
 * @returns lines, as many at a time as a chunk has. Empty lines are counted, but not returned
 */
export async function* readLines(bytes: Uint8Array): AsyncGenerator<Line[]> {
  const splitter = createSplitter();
  try {
    for await (const chunk of decompress(bytes)) {
      const lines = splitter.add(chunk);
      if (lines.length > 0) yield lines;
    }
  } catch (error) {
    // The line that had begun is not complete.
    yield [{ number: splitter.count() + 1, broken: (error as Error).message }];
    return;
  }
  yield splitter.end();
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

function createSplitter() {
  /** The parts of a line whose end has not arrived; empty for a line that is too long. */
  let open: Uint8Array[] = [];
  let openLength = 0;
  let count = 0;

  const close = (end: Uint8Array): Line[] => {
    count++;
    const length = openLength + end.length;
    const text =
      length > longestLine
        ? ''
        : Buffer.concat([...open, end])
            .toString('utf8')
            .replace(/\r$/, '');
    open = [];
    openLength = 0;
    if (length > longestLine)
      return [{ number: count, broken: `the line has ${length} bytes, which is too long for an event` }];
    return text === '' ? [] : [{ number: count, text }];
  };

  return {
    count: () => count,
    add: (chunk: Uint8Array): Line[] => {
      const lines: Line[] = [];
      let start = 0;
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
        lines.push(...close(chunk.subarray(start, end)));
        start = end + 1;
      }
      openLength += chunk.length - start;
      if (openLength > longestLine) open = [];
      else if (start < chunk.length) open.push(chunk.subarray(start));
      return lines;
    },
    end: (): Line[] => (openLength === 0 ? [] : close(new Uint8Array())),
  };
}
