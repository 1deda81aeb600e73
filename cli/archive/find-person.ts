import { dataKey } from '../../lambda/archive-contract.ts';
import type { Archive } from './archive-bucket.ts';
import { isUnreadable } from './archived-data.ts';
import { listEventObjects, type StoredObject } from './event-objects.ts';
import { findHidden } from './hidden-versions.ts';
import { asResult, readObject } from './object-bytes.ts';
import { findLock, type ObjectLock, versioningOf } from './object-versions.ts';
import { matchPerson, type Person } from './person.ts';
import { type ArchivedEvent, type BrokenLine, eventsIn, readObjects } from './read-archive.ts';
import { digestOf } from './replay-state.ts';
import { isSelected, type Selection } from './selection.ts';

export interface Found {
  events: number;
  /** Keys of objects with events about the person, also if only an old version of them has any. */
  objects: string[];
  /** Keys of objects with the data of large events. */
  data: string[];
  locks: ObjectLock[];
  /** Lines that cannot be read, so they may be about the person. */
  unreadable: BrokenLine[];
  /** Events with the number where somebody may have typed it, so they may be about the person. */
  uncertain: BrokenLine[];
}

export async function findPerson(
  archive: Archive,
  person: Person,
  {
    selection,
    now,
    onRead,
  }: { selection: Selection; now: number; onRead?: (object: StoredObject, events: number) => void },
): Promise<Found> {
  const finder = createFinder(archive, person);
  let seen = 0;
  const observer = { broken: finder.broken, read: (object: StoredObject) => onRead?.(object, seen) };
  const current = await listEventObjects(archive, selection, now);
  for await (const found of readObjects(archive, current, selection, observer)) {
    seen++;
    await finder.look(found);
  }
  const isVersioned = (await versioningOf(archive)) !== undefined;
  if (isVersioned) await lookIntoVersions(archive, selection, now, finder);
  const { events, objects, uncertain, unreadable } = finder.finding;
  const data = await ownData(archive, finder.finding, { current, now });
  const locks: ObjectLock[] = [];
  for (const key of isVersioned ? [...objects, ...data] : []) {
    const lock = await findLock(archive, key, now);
    if (lock) locks.push(lock);
  }
  return { events, objects: [...objects], data, locks, unreadable, uncertain };
}

/** Collects what is about the person. */
function createFinder(archive: Archive, person: Person) {
  const finding = {
    events: 0,
    /** Lines by object, because an old version has many that the current one has too. */
    counted: new Set<string>(),
    objects: new Set<string>(),
    /** Data of the person, and of everybody else. */
    data: new Set<string>(),
    ofOthers: new Set<string>(),
    unreadable: [] as BrokenLine[],
    uncertain: [] as BrokenLine[],
  };
  const look = async ({ object, line, text, event }: ArchivedEvent, name = object): Promise<void> => {
    const match = await matchPerson(archive, text, event, person).catch((error: unknown) => {
      finding.unreadable.push({ object: name, line, reason: unreadableReason(error) });
      return 'no';
    });
    if (match === 'maybe')
      finding.uncertain.push({ object: name, line, reason: 'it holds the number where somebody may have typed it' });
    if (event.dataref !== undefined) finding[match === 'yes' ? 'data' : 'ofOthers'].add(dataKey(event.dataref));
    if (match !== 'yes') return;
    finding.objects.add(object);
    const counted = `${object} ${digestOf(text)}`;
    if (name === object || !finding.counted.has(counted)) finding.events++;
    finding.counted.add(counted);
  };
  return { finding, look, broken: (line: BrokenLine) => finding.unreadable.push(line) };
}

/** Looks into the versions that are not current, because they hold what was removed or replaced. */
async function lookIntoVersions(
  archive: Archive,
  selection: Selection,
  now: number,
  { look, broken }: ReturnType<typeof createFinder>,
): Promise<void> {
  for (const { key, id } of await findHidden(archive, selection, now)) {
    const name = `${key} version ${id}`;
    const bytes = await readObject(archive, key, id).catch(asResult);
    for await (const found of eventsIn(key, bytes)) {
      if ('reason' in found) broken({ ...found, object: name });
      else if (isSelected(found.event, selection)) await look(found, name);
    }
  }
}

/** The data that no event of somebody else has too, in the whole archive. */
async function ownData(
  archive: Archive,
  { data, ofOthers }: { data: ReadonlySet<string>; ofOthers: Set<string> },
  { current, now }: { current: readonly StoredObject[]; now: number },
): Promise<string[]> {
  if (data.size === 0) return [];
  const read = new Set(current.map(({ key }) => key));
  const rest = (await listEventObjects(archive, {}, now)).filter(({ key }) => !read.has(key));
  for await (const { event } of readObjects(archive, rest, {}, { broken: () => {} }))
    if (event.dataref !== undefined) ofOthers.add(dataKey(event.dataref));
  return [...data].filter((key) => !ofOthers.has(key));
}

/** Why an event cannot be read. @throws an error that has another cause than the event */
export function unreadableReason(error: unknown): string {
  if (isUnreadable(error)) return error.message;
  throw error;
}
