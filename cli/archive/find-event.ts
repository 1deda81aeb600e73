import type { VerificationKey } from '../../lambda/keys/keyring.ts';
import { signedBytes } from '../../lambda/signature.ts';
import { fingerprint } from './archived-keys.ts';
import { type Judgement, judge } from './judge.ts';
import { type ArchivedEvent, type BadLine, type Range, readRange } from './read-archive.ts';

/**
 * Finds the event of a range that proves most: the first one with a good signature, else the first that was polled, else the
 * first. So nothing unsigned hides something signed.
 *
 * @param onBroken called for a line that is no event
 * @returns `undefined` when there is none
 */
export async function findEvent(
  range: Range,
  keys: readonly VerificationKey[],
  onBroken: (line: BadLine) => void,
): Promise<Evidence | undefined> {
  const best: Partial<Record<Judgement['verdict'], Evidence>> = {};
  for await (const found of readRange(range)) {
    if ('reason' in found) {
      onBroken(found);
      continue;
    }
    const judgement = await judge(range.archive, found.text, keys);
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
  const { verdict } = judgement;
  if (verdict === 'bad') {
    const { data, data_base64: _base64, ...event } = queued;
    const nothing = { keyFingerprint: undefined, signedBytes: undefined };
    return { object, line, verdict: `bad: ${judgement.reason}`, ...nothing, event, payload: data };
  }
  const { payload, ...event } = judgement.read.event;
  const { signed } = judgement.read;
  return {
    ...{ object, line, verdict, event, payload },
    keyFingerprint: verdict === 'good' ? fingerprint(judgement.key) : undefined,
    signedBytes: signed && signedBytes(signed).toString('base64'),
  };
}
