/** Headers by lower-case name; several of one name are joined, as API Gateway does. */
export function headersOf(pairs: readonly (readonly [string, unknown])[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (typeof value !== 'string') continue;
    const key = name.toLowerCase();
    const earlier = headers.get(key);
    headers.set(key, earlier === undefined ? value : `${earlier},${value}`);
  }
  return headers;
}
