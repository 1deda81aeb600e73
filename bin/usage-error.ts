/** The command line is wrong: the message is followed by where the command's help is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
