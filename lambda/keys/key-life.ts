import { isDeleted, isPending, isRetired, type KeyringEntry, nameEnabled, sameId } from './keyring-secret.ts';

/**
 * The changes of a keyring when a key changes its state. Each function returns the same list if there is nothing to change.
 * Times are milliseconds since the epoch.
 */

/**
 * Before a key is enabled, its retirement is removed, because functions must accept it before it signs. Any other key that
 * waits to be enabled stops waiting.
 */
export function beforeEnabling(entries: KeyringEntry[], keyId: string): KeyringEntry[] {
  return changeSome(entries, (entry) => {
    if (!sameId(entry.key_id, keyId)) return isPending(entry) ? withoutPending(entry) : entry;
    return isRetired(entry) ? withoutEnd(entry) : entry;
  });
}

/**
 * After a key was enabled, it is neither pending nor retired, and the previous key is retired. If the key was deleted
 * meanwhile, it does not sign, and nothing changes.
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
    // The previous key has signed until now, whatever was recorded earlier.
    return isPrevious ? { ...entry, retired_at: toTime(now) } : entry;
  });
}

/** Removes a recorded retirement from the enabled key, which somebody enabled again without this program. */
export function acknowledge(entries: KeyringEntry[], enabledId: string | undefined): KeyringEntry[] {
  if (enabledId === undefined) return entries;
  return changeSome(entries, (entry) =>
    sameId(entry.key_id, enabledId) && isRetired(entry) ? withoutEnd(entry) : entry,
  );
}

/** Adds a key that waits to be enabled. If it is there already, because an answer was lost, it is there only once. */
export function addPending(
  entries: KeyringEntry[],
  entry: KeyringEntry & { key_id: string },
  enabled: { key_id: string; digest: string } | undefined,
): KeyringEntry[] {
  const others = entries.filter(({ key_id }) => !sameId(key_id, entry.key_id));
  return [...acknowledge(nameEnabled(others, enabled), enabled?.key_id), entry];
}

/** After a key was disabled and no other was enabled. */
export function afterDisabling(entries: KeyringEntry[], keyId: string, now: number): KeyringEntry[] {
  return changeSome(entries, (entry) => {
    const isIt = sameId(entry.key_id, keyId) && !isDeleted(entry);
    return isIt ? { ...entry, retired_at: toTime(now) } : entry;
  });
}

/** After a key was deleted at MessageMedia. It can never be enabled again, but it still verifies what it signed until then. */
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
