/** A reason to end the run that nobody needs a log to understand. */
export class SelfExplanatoryError extends Error {
  override readonly name = 'SelfExplanatoryError';
}
