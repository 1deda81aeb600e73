/** Whether it is a JSON object, and not a list, another value or nothing. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether it has the form of MessageMedia's ids for keys, messages, events and webhooks. Such an id is safe to log. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
}

/** Whether it is an RFC 3339 time of a day that exists, after the year 0, which many languages cannot read. */
export function isTimestamp(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const shape = /^((?!0000)\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d)(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
  const local = shape.exec(value)?.[1];
  if (local === undefined || Number.isNaN(Date.parse(value))) return false;
  // `Date` moves days that a month does not have into the next month.
  return new Date(`${local}Z`).toISOString().startsWith(local);
}

/** Whether it may be the id of an account at MessageMedia: printable ASCII without spaces. */
export function isAccount(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value);
}

/** Whether a media type, with or without parameters, is JSON: `application/json`, or anything with `+json`. */
export function isJsonMediaType(mediaType: string): boolean {
  return /^[^/;]+\/(?:[^;]*\+)?json\s*(?:;|$)/i.test(mediaType);
}
