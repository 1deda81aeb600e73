import velocity from 'velocityjs';
import { isObject } from '../lambda/guards.ts';

/** A java.util.Map for templates. */
class JavaMap {
  readonly #entries: ReadonlyMap<string, unknown>;

  constructor(entries: Readonly<Record<string, unknown>>) {
    this.#entries = new Map(Object.entries(entries));
  }

  get(key: string): unknown {
    return this.#entries.get(key);
  }

  containsKey(key: string): boolean {
    return this.#entries.has(key);
  }

  isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  size(): number {
    return this.#entries.size;
  }

  keySet(): string[] {
    return [...this.#entries.keys()];
  }

  entrySet(): { key: string; value: unknown }[] {
    return Array.from(this.#entries, ([key, value]) => ({ key, value }));
  }

  toString(): string {
    return `{${Array.from(this.#entries, ([key, value]) => `${key}=${value}`).join(', ')}}`;
  }
}

/** `$esc.json` of MessageMedia's templates. It escapes as Apache Commons Text does, to ASCII only. `null` has no result. */
function escapeJson(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const hex = (character: string) => character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return JSON.stringify(String(value))
    .slice(1, -1)
    .replaceAll('/', '\\/')
    .replace(/[^\x20-\x7e]/g, (character) => `\\u${hex(character)}`)
    .replace(/\\u00([01][0-9a-f])/g, (lower) => `\\u${lower.slice(2).toUpperCase()}`);
}

/** A call of a method that does not exist in Java either stays as it is written. Otherwise the engine would fail. */
const noMethod = {
  uid: 'no method of a text, number or truth',
  match: ({ context, property }: { context: unknown; property: string }) =>
    typeof context !== 'object' && typeof Object(context)[property] !== 'function',
  resolve: () => undefined,
};

/**
 * Renders a Velocity template. Its results are checked against those of Apache Velocity for every template here, see
 * `test/vectors/velocity`. A reference without a value stays as it is written, or vanishes if it is written `$!name`.
 * Only `$esc.json` escapes values, and no value is rendered again.
 *
 * @throws {Error} for a template that is not Velocity
 */
export function renderTemplate(template: string, variables: Readonly<Record<string, unknown>>): string {
  // Without a prototype, whose members would be variables. The values are copied, because a template may change them.
  const context: Record<string, unknown> = Object.assign(Object.create(null), { esc: { json: escapeJson } });
  for (const [name, value] of Object.entries(structuredClone(variables))) {
    context[name] = isObject(value) ? new JavaMap(value) : value;
  }
  // MessageMedia's own example has the older name, and the engine knows only the newer one.
  const source = template.replace(/(\$!?\{?)velocityHasNext\b/g, '$1foreach.hasNext');
  return velocity.render(source, context, undefined, { customMethodHandlers: [noMethod] });
}
