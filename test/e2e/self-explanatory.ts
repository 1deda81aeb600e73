/** A reason to end the run that needs no log to understand. */
export class SelfExplanatoryError extends Error {
  override readonly name = 'SelfExplanatoryError';
}
