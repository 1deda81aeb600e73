import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { parseDigest, sign } from '../../lambda/signature.ts';
import type { GlobalOptions } from '../connections.ts';
import { printToCopy, quote } from '../output.ts';
import { readPrivateKey } from '../private-key.ts';
import { UsageError } from '../usage-error.ts';

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

/** `mmw sign`: signs a request with a private key of one's own, as MessageMedia signs with its. */
export function addSignCommand(program: Command): void {
  program
    .command('sign <url>')
    .description('print the headers that make a request a signed webhook, for tests with a key of your own')
    .requiredOption('--private-key <file>', 'PEM file with an RSA private key; MessageMedia gives nobody theirs')
    .option('--data <text or @file>', 'the body')
    .addOption(new Option('--method <method>', 'the method').default('POST'))
    .option('--key-id <id>', 'value of X-MessageMedia-Key-Id (default: no such header)')
    .addOption(
      new Option('--digest <name>', 'digest to sign with').choices(['SHA224', 'SHA256', 'SHA512']).default('SHA256'),
    )
    .option('--content-type <type>', 'value of Content-Type', 'application/json')
    .option('--date <date>', 'when it was signed (default: now)')
    .option('--curl', 'print a curl command instead, ready to run')
    .action((url: string, _options, command: Command) => signRequest(url, command.optsWithGlobals()));
}

async function signRequest(url: string, options: Options): Promise<void> {
  const { data = '', method, keyId, contentType, curl, json } = options;
  if (curl && json) throw new UsageError("option '--curl' cannot be used with option '--json'");
  const digest = parseDigest(options.digest) ?? 'SHA256';
  const time = options.date === undefined ? new Date() : new Date(options.date);
  if (Number.isNaN(time.getTime()))
    throw new UsageError(`--date is "${options.date}": give one such as 2026-11-24T09:00:00Z.`);
  const date = time.toUTCString();
  const body = data.startsWith('@') ? await readFile(data.slice(1)) : Buffer.from(data);
  const key = await readPrivateKey(options.privateKey);
  // As it is written: what a URL object makes of it may be another path.
  const target = /^https?:\/\/[^/?#]+([^#]*)/i.exec(url)?.[1];
  if (target === undefined) throw new UsageError(`"${url}" is no http or https URL.`);
  const signed = { method, target: target.startsWith('/') ? target : `/${target}`, date, body };
  const headers = {
    Date: date,
    'Content-Type': contentType,
    'X-MessageMedia-Signature': sign(signed, key, digest),
    'X-MessageMedia-Digest-Type': digest,
    'X-MessageMedia-Cipher-Type': 'RSA',
    ...(keyId !== undefined && { 'X-MessageMedia-Key-Id': keyId }),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const sent = data.startsWith('@') ? `--data-binary ${quote(data)}` : `--data-raw ${quote(data)}`;
  // --path-as-is, or curl would normalise what was signed.
  const command = [
    `curl --path-as-is -X ${method} ${quote(url)}`,
    ...lines.map((line) => `-H ${quote(line)}`),
    ...(body.length > 0 ? [sent] : []),
  ];
  printToCopy(json, headers, curl ? command.join(' \\\n  ') : lines.join('\n'));
}
