/** Name and message of an error and of its causes, and nothing else, because an SDK error also holds the request. */
export function describeError(error: unknown): string | undefined {
  if (!(error instanceof Error)) return error === undefined ? undefined : String(error);
  const cause = describeError(error.cause);
  return `${error.name}: ${error.message}${cause === undefined ? '' : ` <- ${cause}`}`;
}
