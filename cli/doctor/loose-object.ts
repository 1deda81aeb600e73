/** A value in a text, and where it ends. */
interface Found {
  value: unknown;
  end: number;
}

/** Deeper than any event, so that no text makes this call itself too often. */
const mostLevels = 64;

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', 0: '\0' };
const string = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/suy;
const space = /\s*/y;
const word = /[^\s,:{}[\]]+/y;
/** What `util.inspect` leaves out, which stands where a value or a member would. */
const leftOut = /\[(?:Object|Array|Circular[^\]]*|Getter|Function[^\]]*)\]|\.\.\. \d+ more (?:items?|characters?)/y;

/** Thrown for what is no object. */
class NoObject extends Error {}

/**
 * Reads an object as JSON has it, or as `util.inspect` writes it: names without quotes, other quotes, text in several pieces.
 *
 * @param start index of its brace
 * @returns `undefined` when it is none
 */
export function readLooseObject(text: string, start: number): (Found & { isCut: boolean }) | undefined {
  let at = start;
  let isCut = false;

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const next = (): string => {
    match(space);
    return text[at] ?? '';
  };
  const expect = (character: string) => {
    if (next() !== character) throw new NoObject();
    at++;
  };
  const isElision = () => {
    next();
    const found = match(leftOut) !== undefined;
    isCut ||= found;
    return found;
  };

  function readString(): string {
    const found = match(string);
    if (found === undefined) throw new NoObject();
    let value = textOf(found);
    // util.inspect splits a text with line breaks, and cuts a long one.
    while (next() === '+') {
      at++;
      next();
      value += textOf(match(string) ?? '');
    }
    isElision();
    return value;
  }

  function readWord(): unknown {
    const found = match(word);
    if (found === undefined) throw new NoObject();
    const plain: Record<string, unknown> = { true: true, false: false, null: null, undefined };
    return found in plain ? plain[found] : Number(found.replace(/n$/, ''));
  }

  function readValue(level: number): unknown {
    if (level > mostLevels) throw new NoObject();
    const first = next();
    if (first === '{') return readMembers(level);
    if (isElision()) return undefined;
    if (first === '[') return readItems(level);
    return /["'`]/.test(first) ? readString() : readWord();
  }

  function readMembers(level: number): Record<string, unknown> {
    const members: [string, unknown][] = [];
    expect('{');
    while (next() !== '}') {
      if (!isElision()) {
        const name = /["'`]/.test(next()) ? readString() : String(match(word));
        expect(':');
        members.push([name, readValue(level + 1)]);
      }
      if (next() !== '}') expect(',');
    }
    at++;
    return Object.fromEntries(members);
  }

  function readItems(level: number): unknown[] {
    const items: unknown[] = [];
    expect('[');
    while (next() !== ']') {
      if (!isElision()) items.push(readValue(level + 1));
      if (next() !== ']') expect(',');
    }
    at++;
    return items;
  }

  try {
    const value = readMembers(0);
    return { value, end: at, isCut };
  } catch (error) {
    if (error instanceof NoObject) return undefined;
    throw error;
  }
}

/** @param quoted a string with its quotes */
function textOf(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/gsu, (_, unit, byte, character: string) =>
      character === undefined
        ? String.fromCharCode(Number.parseInt(unit ?? byte, 16))
        : (escapes[character] ?? character),
    );
}
