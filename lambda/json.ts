/**
 * JSON in which an object repeats a name is read by its first occurrence, where `JSON.parse` keeps the last: what comes
 * later in a body may be text that somebody typed into a phone and that a template did not escape.
 */

/** The members of a JSON object in the order of the text, repeated ones too, each value as it is written. */
export function* members(json: string): Generator<[name: string, source: string]> {
  let at = skipSpace(json, 0);
  if (json[at] !== '{') return;
  at = skipSpace(json, at + 1);
  while (json[at] === '"') {
    const nameEnd = endOfString(json, at);
    const start = skipSpace(json, skipSpace(json, nameEnd) + 1);
    const end = endOfValue(json, start);
    yield [JSON.parse(json.slice(at, nameEnd)), json.slice(start, end)];
    at = skipSpace(json, skipSpace(json, end) + 1);
  }
}

/**
 * Parses JSON so that the first of repeated names counts, in every object. Nesting of any depth is read.
 *
 * @throws {SyntaxError} when it is not JSON
 */
export function parseFirst(json: string): unknown {
  // Refuses what is not JSON: all that follows relies on it.
  JSON.parse(json);
  const root: unknown[] = [];
  const outer: Container[] = [];
  let inside: Container = root;
  let at = 0;
  do {
    at = skipSpace(json, at);
    const character = json[at];
    if (character === ',') at++;
    else if (character === '{' || character === '[') {
      outer.push(inside);
      inside = character === '{' ? { entries: new Map(), name: undefined } : [];
      at++;
    } else if (character === '}' || character === ']') {
      const value = Array.isArray(inside) ? inside : Object.fromEntries(inside.entries);
      inside = outer.pop() as Container;
      put(inside, value);
      at++;
    } else if (!Array.isArray(inside) && inside.name === undefined) {
      const end = endOfString(json, at);
      inside.name = JSON.parse(json.slice(at, end));
      at = skipSpace(json, end) + 1;
    } else {
      const end = endOfValue(json, at);
      put(inside, JSON.parse(json.slice(at, end)));
      at = end;
    }
  } while (outer.length > 0);
  return root[0];
}

/** A list, or an object with the name of the member that is being read. */
type Container = unknown[] | { entries: Map<string | undefined, unknown>; name: string | undefined };

function put(parent: Container, value: unknown): void {
  if (Array.isArray(parent)) parent.push(value);
  else {
    if (!parent.entries.has(parent.name)) parent.entries.set(parent.name, value);
    parent.name = undefined;
  }
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\r' || json[at] === '\t') at++;
  return at;
}

/** Index behind the quote that ends a string. @param start of its first quote */
function endOfString(json: string, start: number): number {
  for (let quote = json.indexOf('"', start + 1); quote !== -1; quote = json.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (json[quote - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return json.length;
}

/** Index behind a value. @param start of the value, without white space before it */
function endOfValue(json: string, start: number): number {
  let depth = 0;
  // Stryker disable next-line EqualityOperator: behind the last character is nothing that would end a value.
  for (let at = start; at < json.length; at++) {
    const character = json.charAt(at);
    if (character === '"') at = endOfString(json, at) - 1;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (character === ',' || /\s/.test(character))) return at;
  }
  return json.length;
}
