/**
 * Whether a message, or a batch, is longer than the queue takes. SQS has no code of its own for a single message, and
 * implementations of it differ in the words.
 */
export function isTooLong(error: unknown): boolean {
  const { code, message } = read(error);
  if (code === 'BatchRequestTooLong') return true;
  return code === 'InvalidParameterValue' && /must be shorter than \d+ bytes|MessageTooLong/.test(message);
}

/** Whether the queue refused a character. Some implementations of SQS refuse more than AWS documents. */
export function refusesCharacters(error: unknown): boolean {
  return read(error).code === 'InvalidMessageContents';
}

/** Whether it is this message that the queue does not take. It may take all others. */
export function refusesMessage(error: unknown): boolean {
  return isTooLong(error) || refusesCharacters(error) || error instanceof MessageRefusedError;
}

/** A message that was not sent, because the queue is known not to take it. */
export class MessageRefusedError extends Error {
  override readonly name = 'MessageRefusedError';
}

/** An error of SQS, which a call throws or a batch says of a message: the code without its name space and without the ending that it has in the JSON protocol. */
function read(error: unknown): { code: string; message: string } {
  const { name, message } = error as Partial<Error>;
  const code = String(name);
  const start = Math.max(code.lastIndexOf('#'), code.lastIndexOf('.')) + 1;
  return { code: code.slice(start).replace('Exception', ''), message: String(message) };
}
