import type { VerificationKey } from '../../lambda/keys/keyring.ts';
import type { Archive } from './archive-bucket.ts';
import { fingerprint } from './archived-keys.ts';
import type { StoredObject } from './event-objects.ts';
import { judge } from './judge.ts';
import { type Place, readArchive } from './read-archive.ts';
import type { Selection } from './selection.ts';

export interface VerifiedWith {
  /** `undefined` for a key that the keyring holds without an id. */
  keyId: string | undefined;
  bits: number;
  fingerprint: string;
  /** RFC 3339; `undefined` for a key that was not retired. */
  retiredAt: string | undefined;
  events: number;
}

export interface BadLine extends Place {
  /** Absent if the line is not an event. */
  id?: string;
  reason: string;
}

/** The result of verifying a selection. An event that is in the archive twice counts twice. */
export interface VerificationReport {
  objects: number;
  events: number;
  good: VerifiedWith[];
  /** Fetched from MessageMedia's API, and never signed. */
  polled: number;
  bad: number;
}

export interface Verification {
  keys: readonly VerificationKey[];
  now: number;
  /** Called for each bad line at once, because the report has only their number. */
  onBad: (line: BadLine) => void;
  onRead?: (object: StoredObject, events: number) => void;
}

export async function verifyArchive(
  archive: Archive,
  selection: Selection,
  { keys, now, onBad, onRead }: Verification,
): Promise<VerificationReport> {
  const report: VerificationReport = { objects: 0, events: 0, good: [], polled: 0, bad: 0 };
  const byKey = new Map<VerificationKey, VerifiedWith>();
  const reportBad = (line: BadLine) => {
    report.bad++;
    onBad(line);
  };
  const observer = {
    broken: reportBad,
    read: (object: StoredObject) => {
      report.objects++;
      onRead?.(object, report.events);
    },
  };
  for await (const { object, line, text, event } of readArchive(archive, selection, now, observer)) {
    report.events++;
    const judgement = await judge(archive, text, keys);
    if (judgement.verdict === 'bad') reportBad({ object, line, id: event.id, reason: judgement.reason });
    else if (judgement.verdict === 'polled') report.polled++;
    else countFor(judgement.key, byKey).events++;
  }
  return { ...report, good: [...byKey.values()] };
}

function countFor(key: VerificationKey, byKey: Map<VerificationKey, VerifiedWith>): VerifiedWith {
  const counted = byKey.get(key) ?? {
    keyId: key.id,
    bits: key.key.asymmetricKeyDetails?.modulusLength ?? 0,
    fingerprint: fingerprint(key),
    retiredAt: key.retiredAt === undefined ? undefined : new Date(key.retiredAt).toISOString(),
    events: 0,
  };
  byKey.set(key, counted);
  return counted;
}
