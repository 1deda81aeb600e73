import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { RegisteredWebhook } from '../../lambda/messagemedia/types.ts';
import { UsageError } from '../options.ts';

/**
 * Custom headers, each from `name: value`. No message repeats a value, which may be a secret.
 *
 * @throws {UsageError}
 */
export function headersOf(given: readonly string[] | undefined): Record<string, string> | undefined {
  return given && Object.fromEntries(given.map(parseHeader));
}

function parseHeader(text: string): [name: string, value: string] {
  const colon = text.indexOf(':');
  if (colon < 1) throw new UsageError('--header must be a name, a colon and a value.');
  const [name, value] = [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
  // The name is not repeated before it is one: the value may have slipped into it.
  if (!isValid(() => validateHeaderName(name))) throw new UsageError('--header: the part before the colon is no name.');
  if (!isValid(() => validateHeaderValue(name, value)))
    throw new UsageError(`--header: the value of ${name} has a character that no header may have.`);
  if (name.length > 200 || value.length > 1000) {
    throw new UsageError(`--header: ${name} is too long: a name may have 200 characters, a value 1000.`);
  }
  if (/^content-type$/i.test(name)) throw new UsageError('--header: Content-Type follows from --encoding.');
  if (/^(date|x-messagemedia-.*)$/i.test(name))
    throw new UsageError(`--header: MessageMedia itself sends ${name}, which is signed.`);
  return [name, value];
}

function isValid(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

/** A webhook without the values of its headers. */
export function withoutSecrets<Webhook extends Pick<RegisteredWebhook, 'headers'>>(webhook: Webhook): Webhook {
  return { ...webhook, headers: Object.fromEntries(Object.keys(webhook.headers).map((name) => [name, '***'])) };
}
