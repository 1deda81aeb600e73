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
  const plain: unknown = JSON.parse(json);
  return typeof plain === 'object' && plain !== null ? build(json) : plain;
}

interface Container {
  /** Members of an object that were read so far. */
  entries?: Map<string, unknown>;
  /** Items of a list that were read so far. */
  items?: unknown[];
  /** Name of the member that is being read. */
  name?: string;
}

/** @param json a valid object or list, which is not checked again */
function build(json: string): unknown {
  const open: Container[] = [];
  let at = 0;
  let value: unknown;
  for (;;) {
    at = skipSpace(json, at);
    const character = json[at];
    const inside = open.at(-1);
    if (character === ',') {
      at++;
      continue;
    }
    if (character === '{' || character === '[') {
      open.push(character === '{' ? { entries: new Map() } : { items: [] });
      at++;
      continue;
    }
    if (character === '}' || character === ']') {
      open.pop();
      value = inside?.entries ? Object.fromEntries(inside.entries) : inside?.items;
      at++;
    } else if (inside?.entries && inside.name === undefined) {
      const end = endOfString(json, at);
      inside.name = JSON.parse(json.slice(at, end));
      at = skipSpace(json, end) + 1;
      continue;
    } else {
      const end = character === '"' ? endOfString(json, at) : endOfValue(json, at);
      value = JSON.parse(json.slice(at, end));
      at = end;
    }
    const parent = open.at(-1);
    if (parent === undefined) return value;
    put(parent, value);
  }
}

function put(parent: Container, value: unknown): void {
  if (parent.items) parent.items.push(value);
  else if (parent.name !== undefined && !parent.entries?.has(parent.name)) parent.entries?.set(parent.name, value);
  delete parent.name;
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\r' || json[at] === '\t') at++;
  return at;
}

/** Index after the quote that ends a string. @param start index of its first quote */
function endOfString(json: string, start: number): number {
  for (let quote = json.indexOf('"', start + 1); quote > 0; quote = json.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (json[quote - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return json.length;
}

/** Index after a value. @param start index of the value, without white space before it */
function endOfValue(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at++) {
    const character = json[at];
    if (character === '"') {
      at = endOfString(json, at) - 1;
      if (depth === 0) return at + 1;
    } else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (character === ',' || /\s/.test(character ?? ''))) return at;
  }
  return json.length;
}
