import { identify, isDeleted, isPending, isRetired, type KeyringEntry, sameId } from './keyring-secret.ts';

/**
 * The changes of a keyring in the life of its keys. Each gives back the same list when there is nothing to change; times
 * are milliseconds since the epoch.
 */

/**
 * Before a key is enabled: it is good for what it will sign from then on, as verifiers must know that first. Any other
 * key that waits to be enabled waits no longer.
 */
export function beforeEnabling(entries: KeyringEntry[], keyId: string): KeyringEntry[] {
  return changeSome(entries, (entry) => {
    if (!sameId(entry.key_id, keyId)) return isPending(entry) ? withoutPending(entry) : entry;
    return isRetired(entry) ? withoutEnd(entry) : entry;
  });
}

/**
 * After a key was enabled: it is neither pending nor retired, and the one before it is retired. A key that was deleted
 * meanwhile signs nothing, and takes nobody's place.
 */
export function afterEnabling(
  entries: KeyringEntry[],
  enabledId: string,
  previousId: string | undefined,
  now: number,
): KeyringEntry[] {
  if (entries.some((entry) => sameId(entry.key_id, enabledId) && isDeleted(entry))) return entries;
  return entries.map((entry) => {
    if (sameId(entry.key_id, enabledId)) return { ...withoutEnd(withoutPending(entry)), enabled_at: toTime(now) };
    const isPrevious = previousId !== undefined && sameId(entry.key_id, previousId) && !isDeleted(entry);
    // It has signed until now, whatever was noted earlier.
    return isPrevious ? { ...entry, retired_at: toTime(now) } : entry;
  });
}

/** What signs has no end, whatever was noted before: somebody enabled it again, and not from here. */
export function acknowledge(entries: KeyringEntry[], enabledId: string | undefined): KeyringEntry[] {
  if (enabledId === undefined) return entries;
  return changeSome(entries, (entry) =>
    sameId(entry.key_id, enabledId) && isRetired(entry) ? withoutEnd(entry) : entry,
  );
}

/** With another key, which waits to be enabled. Where it is already, as when an answer was lost, it stays the only one. */
export function addPending(
  entries: KeyringEntry[],
  entry: KeyringEntry & { key_id: string },
  enabled: { key_id: string; digest: string } | undefined,
): KeyringEntry[] {
  const others = entries.filter(({ key_id }) => !sameId(key_id, entry.key_id));
  return [...acknowledge(identify(others, enabled), enabled?.key_id), entry];
}

/** After a key stopped signing without another in its place. */
export function afterDisabling(entries: KeyringEntry[], keyId: string, now: number): KeyringEntry[] {
  return changeSome(entries, (entry) => {
    const isIt = sameId(entry.key_id, keyId) && !isDeleted(entry);
    return isIt ? { ...entry, retired_at: toTime(now) } : entry;
  });
}

/** After a key was deleted at MessageMedia: what it signed until then verifies on, and it can never be enabled again. */
export function afterDeleting(entries: KeyringEntry[], keyId: string, now: number): KeyringEntry[] {
  return changeSome(entries, (entry) => {
    if (!sameId(entry.key_id, keyId) || isDeleted(entry)) return entry;
    const { retired_at = toTime(now), ...rest } = withoutPending(entry);
    return { ...rest, retired_at, deleted_at: toTime(now) };
  });
}

function changeSome(entries: KeyringEntry[], change: (entry: KeyringEntry) => KeyringEntry): KeyringEntry[] {
  const changed = entries.map(change);
  return changed.some((entry, index) => entry !== entries[index]) ? changed : entries;
}

function withoutPending({ pending_since: _since, replaces: _replaces, ...rest }: KeyringEntry): KeyringEntry {
  return rest;
}

function withoutEnd({ retired_at: _retired, ...rest }: KeyringEntry): KeyringEntry {
  return rest;
}

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
