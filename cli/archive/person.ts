import { InvalidArgumentError } from 'commander';
import type { QueuedEvent } from '../../lambda/contract.ts';
import { openQueuedEvent } from '../../lambda/event/queued-event.ts';
import type { Archive } from './archive-bucket.ts';
import { ErasedDataError, fetchArchivedData } from './archived-data.ts';
import { fieldsOfJson, fieldsOfText, fieldsOfUrl } from './fields.ts';

/** Whose events to erase: those about a message, or those from or to a phone. */
export type Person = { subject: string } | { phone: string };

/** Whether an event is about a person; `maybe` if it holds the number where somebody may have typed it. */
export type Match = 'yes' | 'no' | 'maybe';

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
 * Whether an event is about a person: some field of its body or its URL is the whole number, whatever its name is. A number
 * inside of a longer text, in a field for typed text, or in its national form may also be somebody else's.
 *
 * @param line of the archive
 * @throws {ArchivedDataError} when the data of a large event is missing
 */
export async function matchPerson(archive: Archive, line: string, event: QueuedEvent, person: Person): Promise<Match> {
  if ('subject' in person) return event.subject === person.subject ? 'yes' : 'no';
  try {
    const { event: read, signed } = await openQueuedEvent(line, (dataref) => fetchArchivedData(archive, dataref));
    const body = signed?.body.toString('utf8') ?? line;
    const target = decodeUrl(read.mmrequestline ?? '');
    const fields = [
      ...fieldsOfUrl(signed?.target ?? ''),
      ...(read.payload === undefined ? fieldsOfText(body) : fieldsOfJson(read.payload)),
    ];
    if (fields.some(({ name, value }) => !typed.has(name) && digitsOf(value) === person.phone)) return 'yes';
    const texts = [target, body, ...fields.map(({ value }) => value)];
    return texts.some((text) => hasNumber(text, spellingsOf(person.phone))) ? 'maybe' : 'no';
  } catch (error) {
    // An erasure was interrupted between the data and the line. What is left of the event belongs to nobody.
    if (error instanceof ErasedDataError) return 'yes';
    throw error;
  }
}

/** Names of fields with what somebody wrote, in MessageMedia's payloads and in many templates. */
const typed: ReadonlySet<string> = new Set(['content', 'original_text', 'text', 'message', 'body']);

/** The digits of a text that is a number and nothing else, in the international form. */
function digitsOf(value: string): string | undefined {
  const number = value.length > 40 ? undefined : /^(?:[a-z]+:)?\+?([\d\s().-]+)$/i.exec(value.trim())?.[1];
  return number?.replace(/\D/g, '').replace(/^00/, '');
}

/** A number as it may be dialled: country codes have one to three digits. */
function spellingsOf(phone: string): ReadonlySet<string> {
  const national = [1, 2, 3].map((length) => `0${phone.slice(length)}`).filter((number) => number.length > 7);
  return new Set([phone, `00${phone}`, ...national, ...(phone.startsWith('1') ? [phone.slice(1)] : [])]);
}

/** Whether a text has a number with exactly these digits, with any separators between them. */
function hasNumber(text: string, spellings: ReadonlySet<string>): boolean {
  const longest = Math.max(...[...spellings].map(({ length }) => length));
  const runs = text.match(/\d[\d\s().-]*/g) ?? [];
  return runs.some((run) => {
    const groups = run.match(/\d+/g) ?? [];
    return groups.some((_, first) => {
      let joined = '';
      for (let next = first; next < groups.length && joined.length < longest; next++) {
        joined += groups[next];
        if (spellings.has(joined)) return true;
      }
      return false;
    });
  });
}

function decodeUrl(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
