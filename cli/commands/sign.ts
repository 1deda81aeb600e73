import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { signatureHeaders } from '../../lambda/contract.ts';
import { parseDigest } from '../../lambda/signature.ts';
import { toWire } from '../../signing/sender.ts';
import { printToCopy, progress } from '../../terminal/output.ts';
import { quote } from '../../terminal/text.ts';
import type { GlobalOptions } from '../connections.ts';
import { readPrivateKey } from '../keys/private-key.ts';
import { digestOption, UsageError, withOptions } from '../options.ts';
import { encodingOf } from '../text-file.ts';

interface Options extends GlobalOptions {
  privateKey: string;
  data?: string;
  method: string;
  keyId?: string;
  digest: string;
  contentType: string;
  date?: string;
  curl?: boolean;
}

export function addSignCommand(program: Command): void {
  program
    .command('sign <url>')
    .description('print the headers of a signed webhook, for tests with your own key')
    .requiredOption(
      '--private-key <file>',
      'PEM file with your RSA private key; MessageMedia does not give out its own',
    )
    .option('--data <text or @file>', 'the body')
    .addOption(new Option('--method <method>', 'the method').default('POST'))
    .option('--key-id <id>', 'value of X-MessageMedia-Key-Id (default: no such header)')
    .addOption(digestOption())
    .option('--content-type <type>', 'value of Content-Type', 'application/json')
    .option('--date <date>', 'when it was signed (default: now)')
    .option('--curl', 'print a curl command instead')
    .action(withOptions(signRequest));
}

async function signRequest(url: string, options: Options): Promise<void> {
  const { data = '', method, keyId, contentType, curl, json } = options;
  if (curl && json) throw new UsageError("option '--curl' cannot be used with option '--json'");
  const digest = parseDigest(options.digest) ?? 'SHA256';
  const date = options.date === undefined ? new Date() : new Date(options.date);
  if (Number.isNaN(date.getTime()))
    throw new UsageError(`--date is "${options.date}": give a date such as 2026-11-24T09:00:00Z.`);
  const body = data.startsWith('@') ? await readFile(data.slice(1)) : Buffer.from(data);
  const encoding = encodingOf(body);
  if (encoding !== 'utf-8') progress(`The body is ${encoding}. It is signed as it is, and must be sent as it is.`);
  const privateKey = await readPrivateKey(options.privateKey);
  const webhook = { method, target: signedTarget(url), contentType, body };
  const { headers } = toWire(webhook, { id: keyId ?? '', digest, privateKey }, date);
  if (keyId === undefined) delete headers[signatureHeaders.keyId];
  const text = curl ? curlOf(method, url, headers, body.length > 0 ? data : '') : headerLines(headers).join('\n');
  printToCopy(json, headers, text);
}

/** The target of a URL as it is written, because a URL object may change it. @throws {UsageError} when the URL is none */
export function signedTarget(url: string): string {
  const target = /^https?:\/\/[^/?#]+([^#]*)/i.exec(url)?.[1];
  if (target === undefined) throw new UsageError(`"${url}" is not an http or https URL.`);
  return target.startsWith('/') ? target : `/${target}`;
}

function headerLines(headers: Readonly<Record<string, string>>): string[] {
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
