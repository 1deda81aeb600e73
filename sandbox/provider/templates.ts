import velocity from 'velocityjs';

/** A java.util.Map as templates see it. */
class JavaMap {
  readonly #entries: Readonly<Record<string, unknown>>;

  constructor(entries: Readonly<Record<string, unknown>>) {
    this.#entries = entries;
  }

  get(key: string): unknown {
    return Object.hasOwn(this.#entries, key) ? this.#entries[key] : undefined;
  }

  keySet(): string[] {
    return Object.keys(this.#entries);
  }

  entrySet(): { key: string; value: unknown }[] {
    return Object.entries(this.#entries).map(([key, value]) => ({ key, value }));
  }
}

/** `$esc` of MessageMedia's templates: escapes as Apache Commons Text does, ASCII alone. Nothing stays nothing. */
const esc = {
  json: (value: unknown): string | undefined =>
    value === undefined || value === null
      ? undefined
      : JSON.stringify(String(value))
          .slice(1, -1)
          .replaceAll('/', '\\/')
          .replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)
          .replace(/\\u00([01][0-9a-f])/g, (lower) => `\\u${lower.slice(2).toUpperCase()}`),
};

/**
 * Renders a Velocity template: checked against what Apache Velocity itself makes of every template here, see
 * `test/vectors/velocity`. A reference without a value stays as it is written, or vanishes when it is written `$!name`.
 * No value is escaped but by `$esc.json`: whether MessageMedia does more, in forms and XML, is documented nowhere.
 */
export function renderTemplate(template: string, variables: Readonly<Record<string, unknown>>): string {
  const context: Record<string, unknown> = { esc };
  for (const [name, value] of Object.entries(variables)) {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    context[name] = isMap ? new JavaMap(value as Record<string, unknown>) : value;
  }
  return velocity.render(template, context as Parameters<typeof velocity.render>[1]);
}
