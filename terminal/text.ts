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
  return visible(JSON.stringify(value, null, indent));
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
