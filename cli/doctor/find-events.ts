import { isObject } from '../../lambda/guards.ts';

type Json = Record<string, unknown>;

/** A Lambda event that was found in a text. */
interface FoundEvent {
  event: Json & { requestContext: Json };
  /** Whether the log left out something of the text around it. */
  isCut: boolean;
}

/** Text that is JSON may hold text that is JSON; a log of a log is not deeper. */
const mostTexts = 4;
/** Most objects that are tried in one text. */
const mostTries = 2_000;

/**
 * Lambda events in a text: an event, a line of a log in JSON or as text, what `util.inspect` or Powertools writes, or the
 * answer of `aws logs filter-log-events`.
 */
export function findEvents(text: string, depth = 0): FoundEvent[] {
  if (depth > mostTexts || !text.includes('requestContext')) return [];
  const found: FoundEvent[] = [];
  let at = text.indexOf('{');
  for (let tries = 0; at >= 0 && tries < mostTries; tries++) {
    const object = wholeJson(text, at) ?? readObject(text, at);
    if (object) found.push(...eventsIn(object.value, object.isCut, depth));
    at = text.indexOf('{', object ? object.end : at + 1);
  }
  return found;
}

/** Most texts are nothing but JSON, which is read faster. */
function wholeJson(text: string, at: number) {
  const value = at > 0 ? undefined : parseJson(text);
  return value === undefined ? undefined : { value, end: text.length, isCut: false };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function eventsIn(root: unknown, isCut: boolean, depth: number): FoundEvent[] {
  const found: FoundEvent[] = [];
  const waiting = [root];
  // The list grows while it is read.
  for (const value of waiting) {
    if (typeof value === 'string') found.push(...findEvents(value, depth + 1));
    else if (isEvent(value)) found.push({ event: value, isCut });
    else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) waiting.push(inner);
  }
  return found;
}

function isEvent(value: unknown): value is FoundEvent['event'] {
  return isObject(value) && isObject(value.requestContext) && ('rawPath' in value || 'httpMethod' in value);
}

/** Deeper than any event. */
const mostLevels = 64;

const tokens = [
  // util.inspect splits a text with line breaks, and joins the pieces.
  /\s*(?<plus>\+\s*)?(?<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)/suy,
  // What it leaves out stands where a value would, or where an item or the rest of a text would.
  /\s*(?<gap>\[(?:Object|Array|Circular[^\]]*|Getter|Function[^\]]*)\])/uy,
  /\s*(?<more>\.\.\. \d+ more (?:items?|characters?))/uy,
  /\s*(?<mark>[{}[\],:])/uy,
  /\s*(?<name>[^\s,:{}[\]]+)(?=\s*:)/uy,
  /\s*(?<word>[^\s,:{}[\]]+)/uy,
];

function tokenAt(text: string, start: number): { groups: Record<string, string | undefined>; end: number } | undefined {
  for (const token of tokens) {
    token.lastIndex = start;
    const groups = token.exec(text)?.groups;
    if (groups) return { groups, end: token.lastIndex };
  }
  return undefined;
}

/**
 * Reads an object as JSON has it, or as `util.inspect` writes it (names without quotes, other quotes): its tokens are written
 * anew as JSON.
 *
 * @param start index of its brace
 * @returns `undefined` when it is none
 */
function readObject(text: string, start: number): { value: unknown; end: number; isCut: boolean } | undefined {
  const written: string[] = [];
  let [end, level, isCut, isAfterValue, isAfterComma] = [start, 0, false, false, false];
  do {
    const token = tokenAt(text, end);
    if (token === undefined) return undefined;
    end = token.end;
    const { plus, quoted, gap, more, mark, name, word } = token.groups;
    isCut ||= Boolean(gap ?? more);
    if (mark === ',') isAfterComma = true;
    else if (mark === '}' || mark === ']') {
      written.push(mark);
      level--;
      [isAfterValue, isAfterComma] = [true, false];
    } else if (mark === ':') {
      written.push(mark);
      isAfterValue = false;
    } else if (plus && quoted && written.at(-1) === quote) {
      written.splice(-1, 1, JSON.stringify(textOf(quoted)).slice(1, -1), quote);
    } else if (more === undefined) {
      const said = quoted === undefined ? name : textOf(quoted);
      const value = mark ?? (said === undefined ? plainOf(gap ?? word) : JSON.stringify(said));
      // The text ends, or is prose.
      if (value === undefined || (isAfterValue && !isAfterComma) || level > mostLevels) return undefined;
      written.push(isAfterValue ? ',' : '');
      // Apart from its end, a text can go on.
      if (said === undefined) written.push(value);
      else written.push(value.slice(0, -1), quote);
      if (mark !== undefined) level++;
      [isAfterValue, isAfterComma] = [mark === undefined, false];
    }
  } while (level > 0);
  const value = parseJson(written.join(''));
  return value === undefined ? undefined : { value, end, isCut };
}

/** A number, `true`, `false` or `null`; `null` for what only JavaScript has. */
function plainOf(word: string | undefined): string | undefined {
  return word && (parseJson(word) === undefined ? 'null' : word);
}

/** The end of a text. */
const quote = '"';

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', 0: '\0' };

/** @param quoted with its quotes */
function textOf(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/gsu, (_, unit, byte, character: string) =>
      character === undefined
        ? String.fromCharCode(Number.parseInt(unit ?? byte, 16))
        : (escapes[character] ?? character),
    );
}
