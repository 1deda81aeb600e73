import { InvalidArgumentError } from 'commander';
import { eventTypes, type QueuedEvent } from '../../lambda/contract.ts';
import { openQueuedEvent } from '../../lambda/event/queued-event.ts';
import { isObject } from '../../lambda/guards.ts';
import type { Archive } from './archive-bucket.ts';
import { fetchArchivedData } from './archived-data.ts';

/** Whose events to erase: those about a message, or those from or to a phone. */
export type Person = { subject: string } | { phone: string };

/**
 * Reads a phone number in the international form (E.164).
 *
 * @returns its digits
 */
export function parsePhone(text: string): string {
  const number = text.replace(/[\s().-]/g, '');
  if (/^\+[1-9]\d{6,14}$/.test(number)) return number.slice(1);
  throw new InvalidArgumentError('Give the number in the international form, such as +61491570157.');
}

/**
 * Whether an event is about a person. In an event with MessageMedia's own fields, source and destination are compared. In
 * the body of a template of your own, and in the URL, the whole number may be anywhere, with or without separators.
 *
 * @param line of the archive
 * @throws {ArchivedDataError} when the data of a large event is missing
 */
export async function isAbout(archive: Archive, line: string, event: QueuedEvent, person: Person): Promise<boolean> {
  if ('subject' in person) return event.subject === person.subject;
  const { phone } = person;
  const read = await openQueuedEvent(line, (dataref) => fetchArchivedData(archive, dataref));
  const { payload, type, mmrequestline = '' } = read.event;
  if (type !== eventTypes.webhook && isObject(payload)) {
    return [payload.source_number, payload.destination_number].some((number) => digitsOf(number) === phone);
  }
  const body = read.signed?.body.toString('utf8') ?? JSON.stringify(payload ?? '');
  return hasNumber(mmrequestline, phone) || hasNumber(body, phone);
}

/** Whether a text has a number with exactly these digits, with any separators between them. */
function hasNumber(text: string, digits: string): boolean {
  const runs = text.match(/\d[\d\s().-]*/g) ?? [];
  return runs.some((run) => {
    const groups = run.match(/\d+/g) ?? [];
    return groups.some((_, first) => {
      let joined = '';
      for (let next = first; next < groups.length && joined.length < digits.length; next++) joined += groups[next];
      return joined === digits;
    });
  });
}

function digitsOf(number: unknown): string {
  return typeof number === 'string' || typeof number === 'number' ? String(number).replace(/\D/g, '') : '';
}
