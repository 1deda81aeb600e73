import type { VerificationKey } from '../../lambda/keys/keyring.ts';
import { fingerprint } from './archived-keys.ts';
import { judge } from './judge.ts';
import { asResult, readObject } from './objects.ts';
import { type ArchivedEvent, type BadLine, eventsIn, type Range, readRange } from './read-archive.ts';
import { isSelected } from './selection.ts';
import { findHidden, type HiddenVersion, versioningOf } from './versions.ts';

export interface VerifiedWith {
  /** `undefined` for a key that the keyring holds without an id. */
  keyId: string | undefined;
  bits: number;
  fingerprint: string;
  /** RFC 3339; `undefined` for a key that was not retired. */
  retiredAt: string | undefined;
  events: number;
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
  /** The first of those that are counted. */
  lostVersions: LostVersion[];
  badLines: BadLine[];
}

/** How many bad lines and lost versions are named. Further ones are only counted. */
const mostNamed = 1_000;

export async function verifyArchive(range: Range, keys: readonly VerificationKey[]): Promise<VerificationReport> {
  const { archive, objects, selection } = range;
  const versioning: VerificationReport['versioning'] = (await versioningOf(archive)) ?? 'none';
  const counts = { versioning, lost: 0, objects: objects.length, events: 0, polled: 0, bad: 0 };
  const [badLines, lostVersions]: [BadLine[], LostVersion[]] = [[], []];
  const byKey = new Map<VerificationKey, VerifiedWith>();
  const count = (line: BadLine) => {
    if (++counts.bad <= mostNamed) badLines.push(line);
  };
  const check = async (found: ArchivedEvent | BadLine) => {
    if ('reason' in found) return count(found);
    const { object, line, text, event } = found;
    counts.events++;
    const judgement = await judge(archive, text, keys);
    if (judgement.verdict === 'bad') count({ object, line, id: event.id, reason: judgement.reason });
    else if (judgement.verdict === 'polled') counts.polled++;
    else countFor(judgement.key, byKey).events++;
  };
  for await (const found of readRange(range)) await check(found);
  for (const hidden of versioning === 'none' ? [] : await findHidden(archive, selection)) {
    const lines = await linesOf(range, hidden);
    if (lines.length === 0) continue;
    const { key: object, id: version = '', how, at } = hidden;
    if (++counts.lost <= mostNamed)
      lostVersions.push({ object, version, how, at: new Date(at).toISOString(), events: lines.length });
    for (const line of lines) await check(line);
  }
  return { ...counts, good: [...byKey.values()], lostVersions, badLines };
}

/** The lines of a version that are of the selection, or may be; none if the same was written again. */
async function linesOf(
  { archive, selection }: Range,
  { key, id, how }: HiddenVersion,
): Promise<(ArchivedEvent | BadLine)[]> {
  const bytes = await readObject(archive, key, id).catch(asResult);
  const current = how === 'removed' ? undefined : await readObject(archive, key).catch(asResult);
  if (bytes instanceof Uint8Array && current instanceof Uint8Array && Buffer.compare(bytes, current) === 0) return [];
  const lines: (ArchivedEvent | BadLine)[] = [];
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
