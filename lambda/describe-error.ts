/** Name and message of an error and of its causes, and nothing else: an SDK error carries the request with it. */
export function describeError(error: unknown): string | undefined {
  if (!(error instanceof Error)) return error === undefined ? undefined : String(error);
  const cause = describeError(error.cause);
  return `${error.name}: ${error.message}${cause === undefined ? '' : ` <- ${cause}`}`;
}
