/** A value somewhere in a body or a URL, as text, with the name that it has there; empty in a list or a path. */
export interface Field {
  name: string;
  value: string;
}

/** Every text and number in a JSON value, however deep. */
export function fieldsOfJson(json: unknown): Field[] {
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
export function fieldsOfText(text: string): Field[] {
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
export function fieldsOfUrl(target: string): Field[] {
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
