/** The errors of S3 for an object that exists, or that somebody else is just writing, if it was to be new (`If-None-Match`). */
const conflicts = new Set(['PreconditionFailed', 'ConditionalRequestConflict']);

/** Whether S3 did not create an object because there is one of its name, or will be in a moment. */
export function existsAlready(error: unknown): boolean {
  return error instanceof Error && conflicts.has(error.name);
}
