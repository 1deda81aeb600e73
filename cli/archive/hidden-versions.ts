import { GetBucketLifecycleConfigurationCommand, type LifecycleRule } from '@aws-sdk/client-s3';
import type { Archive } from './archive-bucket.ts';
import { eventRanges } from './event-objects.ts';
import { listVersions, newestFirst, type ObjectVersion } from './object-versions.ts';
import type { Selection } from './selection.ts';

/** A version of an event object that is not the current one: somebody removed or replaced the object. */
export interface HiddenVersion {
  key: string;
  id: string;
  how: 'removed' | 'replaced';
  /** When it was removed or replaced, in milliseconds since the epoch. */
  at: number;
}

const day = 86_400_000;

/**
 * Finds what a selection no longer shows, the newest version of each object first. What expired as the bucket's lifecycle
 * says is left out: nobody removed it.
 */
export async function findHidden(archive: Archive, selection: Selection, now: number): Promise<HiddenVersion[]> {
  const byKey = new Map<string, ObjectVersion[]>();
  for (const range of eventRanges(selection, now))
    for await (const version of listVersions(archive, range))
      byKey.set(version.key, [...(byKey.get(version.key) ?? []), version]);
  const hidden = [...byKey.values()].flatMap((versions) => hiddenOf(newestFirst(versions)));
  if (!hidden.some(({ how }) => how === 'removed')) return hidden;
  const rules = await lifecycleOf(archive);
  return hidden.filter(({ key, how, at, written }) => how === 'replaced' || at < expiryOf(key, written, rules));
}

function hiddenOf(versions: readonly ObjectVersion[]): (HiddenVersion & { written: number })[] {
  return versions.flatMap(({ key, id, isLatest, isMarker, at: written }, index) => {
    if (isLatest || isMarker) return [];
    const at = versions[index - 1]?.at ?? written;
    return [{ key, id, how: versions[0]?.isMarker ? 'removed' : 'replaced', at, written }];
  });
}

async function lifecycleOf({ client, bucket }: Archive): Promise<readonly LifecycleRule[]> {
  try {
    const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
    return Rules;
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchLifecycleConfiguration') return [];
    throw error;
  }
}

/** When the first of the rules lets an object expire, in milliseconds since the epoch. */
function expiryOf(key: string, written: number, rules: readonly LifecycleRule[]): number {
  const days = rules.map(({ Status, Expiration, Filter = {}, Prefix = '' }) => {
    // A rule for tags or sizes may be about other objects.
    const { Prefix: filtered = Prefix, ...more } = Filter;
    const isAbout = Status === 'Enabled' && key.startsWith(filtered) && Object.keys(more).length === 0;
    return (isAbout && Expiration?.Days) || Number.POSITIVE_INFINITY;
  });
  return written + Math.min(...days) * day;
}
