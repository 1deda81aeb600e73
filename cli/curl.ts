import { quote } from '../terminal/text.ts';
import { UsageError } from './options.ts';

/** The target of a URL as it is written, because a URL object may change it. @throws {UsageError} when the URL is none */
export function targetOf(url: string): string {
  const target = /^https?:\/\/[^/?#]+([^#]*)/i.exec(url)?.[1];
  if (target === undefined) throw new UsageError(`"${url}" is not an http or https URL.`);
  return target.startsWith('/') ? target : `/${target}`;
}

export function headerLines(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}

/** A command that sends the request. @param data the body or `@file`; empty for none */
export function curlOf(method: string, url: string, headers: Readonly<Record<string, string>>, data: string): string {
  return [
    // Without --path-as-is curl would normalise the path that was signed.
    `curl --path-as-is -X ${method} ${quote(url)}`,
    ...headerLines(headers).map((line) => `-H ${quote(line)}`),
    ...(data === '' ? [] : [`${data.startsWith('@') ? '--data-binary' : '--data-raw'} ${quote(data)}`]),
  ].join(' \\\n  ');
}
