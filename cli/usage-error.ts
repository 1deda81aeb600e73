/** The command line is wrong. The message is followed by a pointer to the command's help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
