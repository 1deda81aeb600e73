import type { VerificationKey } from '../../lambda/keys/keyring.ts';
import type { Archive } from './archive-bucket.ts';
import { fingerprint } from './archived-keys.ts';
import type { StoredObject } from './event-objects.ts';
import { findHidden, type HiddenVersion } from './hidden-versions.ts';
import { judge } from './judge.ts';
import { asResult, readObject } from './object-bytes.ts';
import { versioningOf } from './object-versions.ts';
import { type ArchivedEvent, type BrokenLine, eventsIn, type Place, readArchive } from './read-archive.ts';
import { isSelected, type Selection } from './selection.ts';

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

/** A version of an object that somebody removed or replaced, with events of the selection. */
export interface LostVersion {
  object: string;
  version: string;
  how: 'removed' | 'replaced';
  /** RFC 3339. */
  at: string;
  /** Lines in it, good or bad. They are counted and verified like all others. */
  events: number;
}

/** The result of verifying a selection. An event that is in the archive twice counts twice. */
export interface VerificationReport {
  /** Whether the bucket keeps what is removed or replaced; otherwise nobody can see it. */
  versioning: 'Enabled' | 'Suspended' | 'none';
  /** How many versions were removed or replaced. */
  lost: number;
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
  onLost: (version: LostVersion) => void;
  onRead?: (object: StoredObject, events: number) => void;
}

export async function verifyArchive(
  archive: Archive,
  selection: Selection,
  { keys, now, onBad, onLost, onRead }: Verification,
): Promise<VerificationReport> {
  const versioning = (await versioningOf(archive)) ?? 'none';
  const report: VerificationReport = { versioning, lost: 0, objects: 0, events: 0, good: [], polled: 0, bad: 0 };
  const byKey = new Map<VerificationKey, VerifiedWith>();
  const reportBad = (line: BadLine) => {
    report.bad++;
    onBad(line);
  };
  const check = async ({ object, line, text, event }: ArchivedEvent) => {
    report.events++;
    const judgement = await judge(archive, text, keys);
    if (judgement.verdict === 'bad') reportBad({ object, line, id: event.id, reason: judgement.reason });
    else if (judgement.verdict === 'polled') report.polled++;
    else countFor(judgement.key, byKey).events++;
  };
  const observer = {
    broken: reportBad,
    read: (object: StoredObject) => {
      report.objects++;
      onRead?.(object, report.events);
    },
  };
  for await (const found of readArchive(archive, selection, now, observer)) await check(found);
  for (const hidden of versioning === 'none' ? [] : await findHidden(archive, selection, now)) {
    const lines = await linesOf(archive, selection, hidden);
    if (lines.length === 0) continue;
    const { key: object, id: version, how, at } = hidden;
    report.lost++;
    onLost({ object, version, how, at: new Date(at).toISOString(), events: lines.length });
    for (const line of lines) await ('reason' in line ? reportBad(line) : check(line));
  }
  return { ...report, good: [...byKey.values()] };
}

/** The lines of a version that are of the selection, or may be; none if the same was written again. */
async function linesOf(
  archive: Archive,
  selection: Selection,
  { key, id, how }: HiddenVersion,
): Promise<(ArchivedEvent | BrokenLine)[]> {
  const bytes = await readObject(archive, key, id).catch(asResult);
  const current = how === 'removed' ? undefined : await readObject(archive, key).catch(asResult);
  if (bytes instanceof Uint8Array && current instanceof Uint8Array && Buffer.compare(bytes, current) === 0) return [];
  const lines: (ArchivedEvent | BrokenLine)[] = [];
  for await (const line of eventsIn(`${key} version ${id}`, bytes))
    if ('reason' in line || isSelected(line.event, selection)) lines.push(line);
  return lines;
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
