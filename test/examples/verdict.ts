import { createHash } from 'node:crypto';
import { QueuedEventError } from '../../lambda/event/attributes.ts';
import { idempotencyKey, openQueuedEvent, type ReadEvent } from '../../lambda/event/queued-event.ts';
import { reverify } from '../../lambda/event/reverify.ts';
import { parseKeyring, type VerificationKey } from '../../lambda/keys/keyring.ts';
import { KeyringError } from '../../lambda/keys/keyring-secret.ts';
import { requestLine } from '../../lambda/signature.ts';
import { measureCpu } from '../cpu.ts';
import { canonical } from './canonical.ts';

/** What both reading libraries are given. */
export interface ReaderInput {
  message: string;
  keyring: string;
  /** In base64: what a bucket has for any `dataref`. */
  stored: string;
}

/** What a library makes of an input: the libraries of all languages must come to the same. */
export interface Verdict {
  /** Ids, digests and accounts of the keys, or `none` of a keyring that cannot be read. */
  keys: (string | null)[][] | 'none';
  /** Code of the error that says why it is no event. */
  code?: string;
  /** What no library may do: an error that is none of its own. */
  crash?: string;
  attributes?: string;
  /** When it was received, in milliseconds since the epoch. */
  time?: number;
  payload?: string;
  body?: string | null;
  signature?: string;
  idempotencyKey?: string;
}

/** The verdict of the library in TypeScript, and the CPU time that it took, in milliseconds. */
export async function verdictOf({ message, keyring, stored }: ReaderInput): Promise<{ verdict: Verdict; cpu: number }> {
  const body = Buffer.from(stored, 'base64');
  const { result, cpu } = await measureCpu(() => read(message, keyring, body));
  return { verdict: describe(result), cpu };
}

interface Result {
  keys: readonly VerificationKey[] | undefined;
  read?: ReadEvent;
  signature?: string;
  error?: unknown;
}

async function read(message: string, keyring: string, stored: Buffer): Promise<Result> {
  let keys: readonly VerificationKey[] | undefined;
  try {
    keys = parseOnce(keyring);
    const opened = await openQueuedEvent(message, async () => stored);
    return { keys, read: opened, signature: reverify(opened, keys ?? []) };
  } catch (error) {
    return { keys, error };
  }
}

let last: { keyring: string; keys: readonly VerificationKey[] | undefined } | undefined;

/** As a consumer does it, not again for every message. */
function parseOnce(keyring: string): readonly VerificationKey[] | undefined {
  if (last?.keyring === keyring) return last.keys;
  let keys: readonly VerificationKey[] | undefined;
  try {
    keys = parseKeyring(keyring).keys;
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
  }
  last = { keyring, keys };
  return keys;
}

function describe({ keys: parsed, read, signature, error }: Result): Verdict {
  const keys = parsed?.map(({ id = null, digest = null, account = null }) => [id, digest, account]) ?? 'none';
  if (error instanceof QueuedEventError) return { keys, code: error.code };
  if (read === undefined) return { keys, crash: String(error) };
  const { id, type, source, subject = null, datacontenttype = null, mmkeyid = null, mmdigest = null } = read.event;
  const { mmrepeated = null, mmreplay = null, mmorigin = null, dataref = null, time, payload = null } = read.event;
  const { signed } = read;
  const line = signed === undefined ? null : requestLine(signed);
  const attributes = {
    id,
    type,
    source,
    subject,
    datacontenttype,
    mmkeyid,
    mmdigest,
    mmrepeated,
    mmreplay,
    mmorigin,
    dataref,
  };
  return {
    keys,
    attributes: canonical({ ...attributes, line, date: signed?.date ?? null }),
    time: Date.parse(time),
    payload: canonical(payload),
    body: signed === undefined ? null : createHash('sha256').update(signed.body).digest('hex'),
    signature: signature ?? 'none',
    idempotencyKey: idempotencyKey(read.event),
  };
}
