/**
 * If an object in JSON repeats a name, the first occurrence counts here, while `JSON.parse` keeps the last. A later part
 * of a body may be text that somebody typed into a phone and that a template did not escape.
 */

/** The members of a JSON object in the order of the text, with repeated ones, each value as it is written. */
export function* members(json: string): Generator<[name: string, source: string]> {
  let at = skipSpace(json, 0);
  if (json[at] !== '{') return;
  at = skipSpace(json, at + 1);
  while (json[at] === '"') {
    const nameEnd = endOfString(json, at);
    const start = skipSpace(json, skipSpace(json, nameEnd) + 1);
    const end = endOfValue(json, start);
    yield [readString(json, at, nameEnd), json.slice(start, end)];
    at = skipSpace(json, skipSpace(json, end) + 1);
  }
}

/**
 * Parses JSON so that the first of repeated names counts, in every object. Nesting of any depth is read.
 *
 * @throws {SyntaxError} when it is not JSON
 */
export function parseFirst(json: string): unknown {
  const plain: unknown = JSON.parse(json);
  return countNames(json) === countMembers(plain) ? plain : build(json);
}

/** Names in the objects of a text, repeated ones too: the strings with a colon behind them. */
function countNames(json: string): number {
  let count = 0;
  for (let quote = json.indexOf('"'); quote !== -1; ) {
    const end = endOfString(json, quote);
    if (json[skipSpace(json, end)] === ':') count++;
    quote = json.indexOf('"', end);
  }
  return count;
}

/** Members of all objects in a value, of which none has a name twice. */
function countMembers(value: unknown): number {
  let count = 0;
  const waiting = [[value]];
  for (let values = waiting.pop(); values !== undefined; values = waiting.pop()) {
    for (const each of values) {
      if (typeof each !== 'object' || each === null) continue;
      const inner: unknown[] = Object.values(each);
      if (!Array.isArray(each)) count += inner.length;
      waiting.push(inner);
    }
  }
  return count;
}

/** @param json a valid object or list, which is not checked again */
function build(json: string): unknown {
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
      inside.name = readString(json, at, end);
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

/** @param end behind its last quote */
function readString(json: string, start: number, end: number): string {
  const inner = json.slice(start + 1, end - 1);
  return inner.includes('\\') ? JSON.parse(json.slice(start, end)) : inner;
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (isSpace(json.charCodeAt(at))) at++;
  return at;
}

/** Space, tab, line feed or carriage return: JSON has no other white space. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Index after the quote that ends a string. @param start index of its first quote */
function endOfString(json: string, start: number): number {
  for (let quote = json.indexOf('"', start + 1); quote !== -1; quote = json.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (json[quote - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return json.length;
}

/** Index after a value. @param start index of the value, without white space before it */
function endOfValue(json: string, start: number): number {
  let depth = 0;
  for (let at = start; ; at++) {
    const character = json.charAt(at);
    if (character === '"') at = endOfString(json, at) - 1;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (character === '' || (depth === 0 && (character === ',' || isSpace(json.charCodeAt(at))))) return at;
  }
}
