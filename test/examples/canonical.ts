import { createHash } from 'node:crypto';

/**
 * A hash of a JSON value that any language can compute. Members are sorted by name, numbers are doubles, text is UTF-16.
 * Values may be nested to any depth.
 */
export function canonical(value: unknown): string {
  const hash = createHash('sha256');
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (Array.isArray(next)) {
      hash.update(`list ${next.length};`);
      // One by one, because a long list is too much for a single call.
      for (let index = next.length - 1; index >= 0; index--) waiting.push(next[index]);
    } else if (typeof next === 'object' && next !== null) {
      const members = Object.entries(next).map(([name, member]) => ({ name: utf16(name), named: [name, member] }));
      members.sort((one, other) => Buffer.compare(one.name, other.name));
      hash.update(`object ${members.length};`);
      for (const { named } of members.reverse()) waiting.push(named[1], named[0]);
    } else if (typeof next === 'string') {
      hash.update(`text ${next.length};`).update(utf16(next));
    } else if (typeof next === 'number') {
      const bytes = Buffer.alloc(8);
      // Some languages have no negative zero among their integers.
      bytes.writeDoubleBE(next === 0 ? 0 : next);
      hash.update('number ').update(bytes);
    } else {
      hash.update(`${next};`);
    }
  }
  return hash.digest('hex');
}

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}
