import type { VerificationKey } from '../../lambda/keys/keyring.ts';
import { signedBytes } from '../../lambda/signature.ts';
import type { Archive } from './archive-bucket.ts';
import { fingerprint } from './archived-keys.ts';
import { describeVerdict, type Judgement, judge } from './judge.ts';
import { type ArchivedEvent, type Observer, readArchive } from './read-archive.ts';
import type { Selection } from './selection.ts';

/**
 * Finds the event of a selection that proves most: the first one with a good signature, else the first that was polled, else
 * the first. So nothing unsigned hides something signed.
 *
 * @returns `undefined` when there is none
 */
export async function findEvent(
  archive: Archive,
  { selection, now, keys }: { selection: Selection; now: number; keys: readonly VerificationKey[] },
  observer: Observer,
): Promise<Evidence | undefined> {
  const best: Partial<Record<Judgement['verdict'], Evidence>> = {};
  for await (const found of readArchive(archive, selection, now, observer)) {
    const judgement = await judge(archive, found.text, keys);
    best[judgement.verdict] ??= asEvidence(found, judgement);
    if (best.good) break;
  }
  return best.good ?? best.polled ?? best.bad;
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

function asEvidence({ object, line, event: queued }: ArchivedEvent, judgement: Judgement): Evidence {
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
