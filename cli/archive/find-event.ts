import type { VerificationKey } from '../../lambda/keys/keyring.ts';
import { signedBytes } from '../../lambda/signature.ts';
import type { Archive } from './archive-bucket.ts';
import { fingerprint } from './archived-keys.ts';
import { describeVerdict, judge } from './judge.ts';
import { type ArchivedEvent, type Observer, readArchive } from './read-archive.ts';
import type { Selection } from './selection.ts';

/** Finds the first event of a selection. @returns `undefined` when there is none */
export async function findEvent(
  archive: Archive,
  selection: Selection,
  now: number,
  observer: Observer,
): Promise<ArchivedEvent | undefined> {
  for await (const found of readArchive(archive, selection, now, observer)) return found;
  return undefined;
}

/** An event, with everything that is needed to prove it. */
export interface Evidence {
  object: string;
  line: number;
  verdict: string;
  /** SHA-256, in hex, of the public key that verifies it. */
  keyFingerprint: string | undefined;
  /** The event without its data. */
  event: object;
  /** The signed bytes in base64; `undefined` for an event that was polled or is bad. */
  signedBytes: string | undefined;
  /** The data as a consumer gets it; for a bad event, as the line has it. */
  payload: unknown;
}

export async function gatherEvidence(
  archive: Archive,
  { object, line, text, event: queued }: ArchivedEvent,
  keys: readonly VerificationKey[],
): Promise<Evidence> {
  const judgement = await judge(archive, text, keys);
  const verdict = describeVerdict(judgement);
  if (judgement.verdict === 'bad') {
    const { data, data_base64: _base64, ...event } = queued;
    return { object, line, verdict, keyFingerprint: undefined, event, signedBytes: undefined, payload: data };
  }
  const { payload, ...event } = judgement.read.event;
  const { signed } = judgement.read;
  return {
    object,
    line,
    verdict,
    keyFingerprint: judgement.verdict === 'good' ? fingerprint(judgement.key) : undefined,
    event,
    signedBytes: signed && signedBytes(signed).toString('base64'),
    payload,
  };
}
