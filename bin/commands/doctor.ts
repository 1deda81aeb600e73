import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { type Diagnosis, diagnose } from '../../lambda/diagnosis/diagnose.ts';
import { parseKeyring, type VerificationKey } from '../../lambda/keys/keyring.ts';
import { writeEntries } from '../../lambda/keys/keyring-secret.ts';
import { readFromNgrok } from '../captures/ngrok.ts';
import { type ReadCapture, readCapture } from '../captures/read-capture.ts';
import { checkStack } from '../checkup/check-stack.ts';
import { formatReport } from '../checkup/report.ts';
import {
  addKeyringOptions,
  connectKeyring,
  connectProvider,
  type GlobalOptions,
  type KeyringOptions,
} from '../connections.ts';
import { print, wrap } from '../output.ts';

interface Options extends GlobalOptions, KeyringOptions {
  keyring?: string;
  ngrok?: string | true;
}

/** `mmw doctor`: says why the signature of a captured request fails. */
export function addDoctorCommand(program: Command): void {
  addKeyringOptions(
    program
      .command('doctor [file]')
      .description(
        'say why the signature of a captured request is not good ("-" reads standard input), or how a --stack is',
      ),
  )
    .addOption(
      new Option('--keyring <file>', 'the keyring in a file, or a public key').conflicts(['stack', 'secretId']),
    )
    .option('--ngrok [id]', 'take the request from the agent of ngrok: the newest, or the one with this id')
    .addHelpText('after', wrap(notes))
    .action((file: string | undefined, _options, command: Command) => doctor(file, command.optsWithGlobals()));
}

const notes = `
A capture is a Lambda event of API Gateway (best), raw HTTP, a curl command, a HAR, or JSON with method, target, headers, and
body in base64. With --stack and no file it looks at the deployed stack: keys, queues, URL, clock, requests, alarms. Exit code 0: it is known what is wrong, or nothing is. 1: other bytes were signed, and it is not known why.`;

async function doctor(file: string | undefined, options: Options): Promise<void> {
  if (file === undefined && options.ngrok === undefined && options.stack !== undefined) {
    return checkUp(options.stack, options);
  }
  const { format, capture, receivedAt, cautions } = await read(file, options);
  const keys = await readKeys(options);
  const found = diagnose(capture, keys, { ...(receivedAt !== undefined && { receivedAt }) });
  print(options.json, { ...found, format, cautions }, describe(found, format, cautions));
  if (found.cause === 'other_bytes') process.exitCode = 1;
}

/** Looks at a deployed stack as a whole. */
async function checkUp(stack: string, options: Options): Promise<void> {
  const hasCredentials = Boolean(process.env.MESSAGEMEDIA_API_KEY && process.env.MESSAGEMEDIA_API_SECRET);
  const provider = hasCredentials ? connectProvider(options) : undefined;
  const report = await checkStack({ stack, provider, now: Date.now });
  print(options.json, report, formatReport(report));
  if (report.summary.health === 'bad') process.exitCode = 1;
}

async function read(file: string | undefined, { ngrok }: Options): Promise<ReadCapture> {
  if (ngrok !== undefined) return readFromNgrok(ngrok === true ? undefined : ngrok);
  if (file === undefined)
    throw new Error('Give a file with a captured request, "-" for standard input, --ngrok, or a --stack to look at.');
  return readCapture(file === '-' ? await buffer(process.stdin) : await readFile(file));
}

async function readKeys(options: Options): Promise<readonly VerificationKey[]> {
  if (options.keyring !== undefined) return parseKeyring(await readFile(options.keyring, 'utf8')).keys;
  const entries = await (await connectKeyring(options)).read();
  return parseKeyring(writeEntries(entries ?? [])).keys;
}

function describe({ causes, meaning, mend, evidence }: Diagnosis, format: string, cautions: readonly string[]): string {
  return [
    meaning,
    '',
    `What to do: ${mend}`,
    '',
    `Cause: ${causes.join(', ')}`,
    ...[`Read as: ${format}.`, ...evidence, ...cautions].map((line) => `  - ${line}`),
  ].join('\n');
}
