import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mergeSorted } from './merge.ts';

/** A text, and the key that it is sorted by. */
export interface Sortable {
  key: string;
  text: string;
}

/** Sorts more than memory holds. */
export interface Sorter {
  add(item: Sortable): Promise<void>;
  /** Everything that was added, in the order of the keys. Call it once. */
  sorted(): AsyncGenerator<Sortable>;
  /** Frees memory and disk. */
  close(): Promise<void>;
}

/** Bytes at the start of an item on disk: the lengths of key and text. */
const headBytes = 8;
const readBytes = 65_536;

/**
 * @param mostBytes to hold in memory. More goes to a temporary file that nobody else can open, and that disappears with
 * this process
 */
export function createSorter(mostBytes = 32 * 1_048_576): Sorter {
  let held: Sortable[] = [];
  let heldBytes = 0;
  const runs: { start: number; end: number }[] = [];
  let file: TemporaryFile | undefined;

  const sortHeld = () => held.sort((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)));

  async function spill(): Promise<void> {
    file ??= await openTemporaryFile();
    const start = file.length();
    for (const item of sortHeld()) await file.append(encode(item));
    await file.flush();
    runs.push({ start, end: file.length() });
    held = [];
    heldBytes = 0;
  }

  return {
    add: async (item) => {
      held.push(item);
      heldBytes += item.key.length + item.text.length;
      if (heldBytes > mostBytes) await spill();
    },
    sorted: async function* () {
      if (file === undefined) return yield* sortHeld();
      await spill();
      const { read } = file;
      const readers = runs.map(({ start, end }) => readRun(read, start, end));
      yield* mergeSorted(readers, ({ key }) => key);
    },
    close: async () => {
      held = [];
      await file?.close();
    },
  };
}

async function* readRun(read: TemporaryFile['read'], start: number, end: number): AsyncGenerator<Sortable> {
  let buffer: Buffer = Buffer.alloc(0);
  let at = start;
  const need = async (bytes: number) => {
    while (buffer.length < bytes) {
      const more = await read(at, Math.min(Math.max(readBytes, bytes - buffer.length), end - at));
      at += more.length;
      buffer = Buffer.concat([buffer, more]);
    }
  };
  while (at < end || buffer.length > 0) {
    await need(headBytes);
    const keyEnd = headBytes + buffer.readUInt32LE(0);
    const textEnd = keyEnd + buffer.readUInt32LE(4);
    await need(textEnd);
    yield { key: buffer.toString('utf8', headBytes, keyEnd), text: buffer.toString('utf8', keyEnd, textEnd) };
    buffer = buffer.subarray(textEnd);
  }
}

function encode({ key, text }: Sortable): Buffer {
  const [keyBytes, textBytes] = [Buffer.from(key, 'utf8'), Buffer.from(text, 'utf8')];
  const head = Buffer.alloc(headBytes);
  head.writeUInt32LE(keyBytes.length, 0);
  head.writeUInt32LE(textBytes.length, 4);
  return Buffer.concat([head, keyBytes, textBytes]);
}

interface TemporaryFile {
  length: () => number;
  append: (bytes: Buffer) => Promise<void>;
  flush: () => Promise<void>;
  /** @throws {Error} when the file is too short */
  read: (position: number, length: number) => Promise<Buffer>;
  close: () => Promise<void>;
}

async function openTemporaryFile(): Promise<TemporaryFile> {
  // Only its owner can enter it.
  const folder = await mkdtemp(join(tmpdir(), 'mmw-'));
  const handle = await open(join(folder, 'sorted'), 'wx+', 0o600);
  // An open file without a name disappears when its process ends in any way. Windows keeps the name until then.
  await rm(folder, { recursive: true }).catch(() => {});
  let length = 0;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  const flush = async () => {
    const bytes = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    await handle.writeFile(bytes);
  };
  return {
    length: () => length,
    append: async (bytes) => {
      waiting.push(bytes);
      waitingBytes += bytes.length;
      length += bytes.length;
      if (waitingBytes > 1_048_576) await flush();
    },
    flush,
    read: async (position, bytes) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, position);
      if (bytesRead < bytes) throw new Error('The temporary file for sorting has fewer bytes than were written to it');
      return buffer;
    },
    close: async () => {
      await handle.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
