import { dataKey } from '../../lambda/archive-contract.ts';
import { unreadableReason } from './archived-data.ts';
import { asResult, listEventObjects, readObject } from './objects.ts';
import { matchPerson, type Person } from './person.ts';
import { type ArchivedEvent, type BadLine, eventsIn, type Range, readRange } from './read-archive.ts';
import { digestOf } from './replay-state.ts';
import { isSelected } from './selection.ts';
import { findHidden, findLock, type ObjectLock, versioningOf } from './versions.ts';

export interface Found {
  events: number;
  /** Keys of objects with events about the person, also if only an old version of them has any. */
  objects: string[];
  /** Keys of objects with the data of large events. */
  data: string[];
  locks: ObjectLock[];
  /** Lines that cannot be read, so they may be about the person. */
  unreadable: BadLine[];
  /** Events with the number where somebody may have typed it, so they may be about the person. */
  uncertain: BadLine[];
}

export async function findPerson(range: Range, person: Person): Promise<Found> {
  const { archive } = range;
  const { finding, look } = createFinder(range, person);
  for await (const found of readRange(range)) await look(found);
  const isVersioned = (await versioningOf(archive)) !== undefined;
  // Versions that are not current hold what was removed or replaced.
  for (const { key, id } of isVersioned ? await findHidden(archive, range.selection) : []) {
    const bytes = await readObject(archive, key, id).catch(asResult);
    for await (const found of eventsIn(key, bytes)) await look(found, `${key} version ${id}`);
  }
  const { events, objects, uncertain, unreadable } = finding;
  const data = await ownData(range, finding);
  const locks: ObjectLock[] = [];
  for (const key of isVersioned ? [...objects, ...data] : []) {
    const lock = await findLock(archive, key);
    if (lock) locks.push(lock);
  }
  return { events, objects: [...objects], data, locks, unreadable, uncertain };
}

/** Collects what is about the person. */
function createFinder({ archive, selection }: Range, person: Person) {
  const finding = {
    events: 0,
    objects: new Set<string>(),
    /** Data of the person, and of everybody else. */
    data: new Set<string>(),
    ofOthers: new Set<string>(),
    unreadable: [] as BadLine[],
    uncertain: [] as BadLine[],
  };
  /** Lines by object, because an old version has many that the current one has too. */
  const counted = new Set<string>();
  /** @param name of the version that the line is in, if it is not the current one */
  const look = async (found: ArchivedEvent | BadLine, name?: string): Promise<void> => {
    const place = { object: name ?? found.object, line: found.line };
    if ('reason' in found) return void finding.unreadable.push({ ...found, ...place });
    const { object, text, event } = found;
    if (!isSelected(event, selection)) return;
    const match = await matchPerson(archive, text, event, person).catch((error: unknown) => {
      finding.unreadable.push({ ...place, reason: unreadableReason(error) });
      return 'no';
    });
    if (match === 'maybe')
      finding.uncertain.push({ ...place, reason: 'it holds the number where somebody may have typed it' });
    if (event.dataref !== undefined) finding[match === 'yes' ? 'data' : 'ofOthers'].add(dataKey(event.dataref));
    if (match !== 'yes') return;
    finding.objects.add(object);
    const line = `${object} ${digestOf(text)}`;
    if (name === undefined || !counted.has(line)) finding.events++;
    counted.add(line);
  };
  return { finding, look };
}

/** The data that no event of somebody else has too, in the whole archive. What cannot be read may have it too. */
async function ownData(
  { archive, objects }: Range,
  { data, ofOthers, unreadable }: { data: ReadonlySet<string>; ofOthers: Set<string>; unreadable: BadLine[] },
): Promise<string[]> {
  if (data.size === 0) return [];
  const read = new Set(objects.map(({ key }) => key));
  const rest = (await listEventObjects(archive, {})).filter(({ key }) => !read.has(key));
  for await (const found of readRange({ archive, objects: rest, selection: {} }))
    if ('reason' in found) unreadable.push(found);
    else if (found.event.dataref !== undefined) ofOthers.add(dataKey(found.event.dataref));
  return [...data].filter((key) => !ofOthers.has(key));
}
