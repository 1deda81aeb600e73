import { InvalidArgumentError } from 'commander';
import type { QueuedEvent } from '../../lambda/contract.ts';
import { openQueuedEvent } from '../../lambda/event/queued-event.ts';
import type { Archive } from './archive-bucket.ts';
import { ErasedDataError, fetchArchivedData } from './archived-data.ts';

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

/** A value somewhere in a body or a URL, as text, with the name that it has there; empty in a list or a path. */
interface Field {
  name: string;
  value: string;
}

/** Every text and number in a JSON value, however deep. */
function fieldsOfJson(json: unknown): Field[] {
  const fields: Field[] = [];
  const waiting: [name: string, value: unknown][] = [['', json]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [name, value] = next;
    if (typeof value === 'string' || typeof value === 'number') fields.push({ name, value: String(value) });
    else if (Array.isArray(value)) for (const item of value) waiting.push([name, item]);
    else if (typeof value === 'object' && value !== null)
      for (const entry of Object.entries(value)) waiting.push(entry);
  }
  return fields;
}

/** What looks like a field in a form, in XML, in JSON that is broken somewhere, or else the whole text. */
function fieldsOfText(text: string): Field[] {
  if (/^\s*</.test(text)) return text.split('<').flatMap(fieldsOfTag);
  if (/^\s*[{[]/.test(text)) {
    const members = text.matchAll(/"([\w.-]+)"\s*:\s*(?:"([^"]*)"|([\d.+-]+))/g);
    return [...members].map(([, name = '', value, number = '']) => ({ name, value: value ?? number }));
  }
  return /^[\w.[\]-]+=/.test(text) ? fieldsOfForm(text) : [{ name: '', value: text }];
}

/** The text behind a tag, and the tag's attributes. @param text from a tag, without its `<`, to the next */
function fieldsOfTag(text: string): Field[] {
  const end = text.indexOf('>');
  // A tag so long is none, and looking for attributes in it would take long.
  if (end === -1 || end > 4_096) return [];
  const tag = text.slice(0, end);
  const name = /^[\w.:-]*/.exec(tag)?.[0] ?? '';
  const attributes = [...tag.matchAll(/(?<![\w.:-])([\w.:-]+)=["']([^"']*)["']/g)];
  const found = attributes.map(([, attribute = '', value = '']) => [attribute, value] as const);
  return [[name, text.slice(end + 1)] as const, ...found].map(([qualified, value]) => ({
    name: qualified.slice(qualified.lastIndexOf(':') + 1),
    value: decodeEntities(value),
  }));
}

/** The parts of a path and of a query. */
function fieldsOfUrl(target: string): Field[] {
  const [path = '', ...query] = target.split('?');
  return [...path.split('/').flatMap((part) => fieldsOfForm(`=${part}`)), ...fieldsOfForm(query.join('?'))];
}

function fieldsOfForm(text: string): Field[] {
  return [...new URLSearchParams(text)].map(([name, value]) => ({ name, value }));
}

function decodeEntities(text: string): string {
  return text.replace(/&#(?:x([0-9a-f]{1,4})|(\d{1,5}));/gi, (_, hex?: string, decimal?: string) =>
    String.fromCharCode(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)),
  );
}
