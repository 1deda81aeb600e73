import type { WebhookEncoding } from '../../lambda/provider/types.ts';

/** A name, or the value of a key of a named map. */
const name = String.raw`([A-Za-z]\w*)(?:\.get\('([^']*)'\))?`;
const reference = new RegExp(String.raw`\$(!?)(?:\{${name}\}|${name})`, 'g');

/** `$esc.json(...)` around a reference. Values are escaped here anyway. */
const explicitEscape = /\$esc\.json\((\$[^()]*(?:\('[^']*'\))?)\)/g;

/** Whether a template does more than refer to values: loops and conditions are not rendered. */
export function hasDirectives(template: string): boolean {
  return /#\{?(?:if|foreach|set|else|elseif|end|macro|parse|include|evaluate)\b/.test(template);
}

/**
 * Puts values in place of the references of a Velocity template: `$name`, `${name}`, `$map.get('key')`. One without a
 * value stays as it is written, or vanishes when it is written `$!name`.
 *
 * @param variables text is escaped as the encoding needs it; anything else is rendered as JSON first
 */
export function renderTemplate(
  template: string,
  variables: Readonly<Record<string, unknown>>,
  encoding: WebhookEncoding,
): string {
  return template
    .replace(explicitEscape, '$1')
    .replace(reference, (source, quiet: string, braced?: string, bracedKey?: string, bare?: string, key?: string) => {
      const value = lookUp(variables, braced ?? bare ?? '', bracedKey ?? key);
      if (value === undefined) return quiet === '' ? source : '';
      return escapeValue(value, encoding);
    });
}

function lookUp(variables: object, name: string, key: string | undefined): unknown {
  const value = own(variables, name);
  return key === undefined ? value : own(value, key);
}

function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

function escapeValue(value: unknown, encoding: WebhookEncoding): string {
  const json = JSON.stringify(value);
  const text = typeof value === 'string' ? value : json;
  if (encoding === 'FORM_ENCODED') return new URLSearchParams({ '': text }).toString().slice(1);
  if (encoding === 'XML') return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
  return typeof value === 'string' ? json.slice(1, -1) : json;
}
