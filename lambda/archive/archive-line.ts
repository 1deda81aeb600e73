import { QueuedEventError } from '../event/attributes.ts';

/**
 * A queued message as a line of the archive. It is the message itself, unless its data has line breaks, which JSON may have
 * between its tokens. Then the line has the data as `data_base64`, and the attribute `mmarchivedas`. Consumers' libraries
 * read both forms and get the same signed bytes.
 */

const verbatim = ',"data":';
const encoded = ',"mmarchivedas":"data_base64","data_base64":"';

/**
 * @param message body of a queued message
 * @returns a line without its line end
 * @throws {QueuedEventError} for a message with line breaks between its attributes, which would be no line
 */
export function toArchiveLine(message: string): string {
  if (!/[\r\n]/.test(message)) return message;
  // The first match is the member itself, as in `readQueuedEvent`: in an earlier string, the quotes would be escaped.
  const start = message.indexOf(verbatim);
  if (/[\r\n]/.test(message.slice(0, start)))
    throw new QueuedEventError(
      'invalid_attribute',
      'The event has line breaks between its attributes, as no receiver writes',
    );
  const data = message.slice(start + verbatim.length, message.lastIndexOf('}'));
  return `${message.slice(0, start)}${encoded}${Buffer.from(data).toString('base64')}"}`;
}

/** @param line without its line end @returns the message exactly as it was queued */
export function fromArchiveLine(line: string): string {
  const start = line.indexOf(encoded);
  // Behind the data's own name it is part of the data.
  if (start === -1 || line.slice(0, start).includes(verbatim)) return line;
  const data = Buffer.from(line.slice(start + encoded.length, -'"}'.length), 'base64').toString('utf8');
  return `${line.slice(0, start)}${verbatim}${data}}`;
}
