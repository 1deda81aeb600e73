/**
 * Text with its control characters written out (`\u001b`), except line breaks. So text from others cannot move the
 * cursor, colour the screen, or change the direction of reading.
 */
export function visible(text: string): string {
  return text.replace(/(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, escaped);
}

/** As `visible`, for text that must stay on one line. */
export function visibleOnOneLine(text: string): string {
  return visible(text).replaceAll('\n', escaped);
}

/** JSON that can be shown. `JSON.stringify` escapes most control characters, and `visible` the others. */
export function toJson(value: unknown, indent?: number): string {
  return visible(JSON.stringify(shallow(value, mostLevels), null, indent));
}

/** Deeper than any event. Deep enough nesting ends `JSON.stringify` with an error, or makes gigabytes of indents. */
const mostLevels = 200;

/** The value, with a remark in the place of what is nested deeper than so many levels. */
function shallow(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return value;
  if (levels === 0) return '… nested too deeply to be shown';
  if (Array.isArray(value)) return value.map((item) => shallow(item, levels - 1));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shallow(item, levels - 1)]));
}

/** A number of things, such as `1 message` and `2 messages`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** The value as one word of a POSIX shell. */
export function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
