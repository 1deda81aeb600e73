import { type Command, Option } from 'commander';
import { type Diagnosis, diagnose } from '../../diagnosis/diagnose.ts';
import { parseKeyring, type VerificationKey } from '../../lambda/keys/keyring.ts';
import { writeEntries } from '../../lambda/keys/keyring-secret.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import { print, wrap } from '../../terminal/output.ts';
import {
  addKeyringOptions,
  connectKeyring,
  connectProvider,
  type GlobalOptions,
  type KeyringOptions,
  readOutput,
} from '../connections.ts';
import { readCaptures } from '../doctor/captures.ts';
import { checkStack, formatReport } from '../doctor/check-stack.ts';
import { type Capture, readCapture, readFromNgrok } from '../doctor/read-capture.ts';
import { readNamed, UsageError, withOptions } from '../options.ts';
import { connectS3 } from '../places.ts';
import { decodeText } from '../text-file.ts';

interface Options extends GlobalOptions, KeyringOptions {
  keyring?: string;
  ngrok?: string | true;
  capture?: boolean;
  probe?: boolean;
}

export function addDoctorCommand(program: Command): void {
  addKeyringOptions(
    program
      .command('doctor [file]')
      .description(
        'say why the signature of a captured request fails ("-" reads standard input), or check a deployed --stack',
      ),
  )
    .addOption(
      new Option('--keyring <file>', 'the keyring in a file, or a public key').conflicts(['stack', 'secretId']),
    )
    .addOption(
      new Option(
        '--ngrok [id]',
        'read the request from the ngrok agent: the newest, or the one with this id',
      ).conflicts(['capture', 'probe']),
    )
    .addOption(
      new Option('--capture', 'read the requests that the function of the --stack kept for "mmw capture"').conflicts([
        'probe',
        'keyring',
      ]),
    )
    .option('--probe', 'send a signed probe through the public URL of the --stack; this writes its keyring secret')
    .addHelpText('after', wrap(notes))
    .action(withOptions(doctor));
}

const notes = `
A capture is a Lambda event of API Gateway (best), raw HTTP, or JSON with method, target, headers, and body in base64. With --stack and no file it checks the deployed stack: keys, webhooks, queues, URL, clock, requests, alarms. The exit code
is 0 if nothing is wrong or the cause is known, and 1 if other bytes were signed and the cause is unknown. For a stack it is 1 if
webhooks are being lost.`;

async function doctor(file: string | undefined, options: Options): Promise<void> {
  for (const name of ['ngrok', 'capture', 'probe'] as const) {
    if (file !== undefined && options[name] !== undefined) {
      throw new UsageError(`argument '${file}' cannot be used with option '--${name}'`);
    }
  }
  if (options.capture) return explainCaptures(options);
  if (file === undefined && options.ngrok === undefined && options.stack !== undefined) {
    return checkUp(options.stack, options);
  }
  const { format, request, receivedAt, cautions } = await read(file, options);
  const keys = await readKeys(options);
  const found = diagnose(request, keys, { ...(receivedAt !== undefined && { receivedAt }) });
  print(options.json, { ...found, format, cautions }, describe(found, format, cautions));
  if (found.cause === 'other_bytes') process.exitCode = 1;
}

async function explainCaptures({ stack, json }: Options): Promise<void> {
  if (stack === undefined) throw new UsageError('Add --stack: it says whose captured requests to read.');
  const bucket = await readOutput(stack, outputs.overflowBucketName);
  const captures = await readCaptures(connectS3(), bucket);
  if (captures.length === 0) {
    return print(json, [], `No request is captured. To capture some: npx mmw capture --stack ${stack}`);
  }
  const keys = await readKeys({ stack });
  const found = captures.map(({ name, format, request, receivedAt, cautions }) => {
    const at = receivedAt === undefined ? {} : { receivedAt };
    return { name, ...at, ...diagnose(request, keys, at), format, cautions };
  });
  const blocks = found.map((one) => `${one.name}\n\n${describe(one, one.format, one.cautions)}`);
  print(json, found, blocks.join('\n\n\n'));
  if (found.some(({ cause }) => cause === 'other_bytes')) process.exitCode = 1;
}

async function checkUp(stack: string, options: Options): Promise<void> {
  const hasCredentials = Boolean(process.env.MESSAGEMEDIA_API_KEY && process.env.MESSAGEMEDIA_API_SECRET);
  const provider = hasCredentials ? connectProvider(options) : undefined;
  const report = await checkStack(stack, provider, options.probe ?? false);
  print(options.json, report, formatReport(report));
  if (report.summary.health === 'bad') process.exitCode = 1;
}

async function read(file: string | undefined, { ngrok }: Options): Promise<Capture> {
  if (ngrok !== undefined) return readFromNgrok(ngrok === true ? undefined : ngrok);
  if (file === undefined)
    throw new UsageError(
      'Give a file with a captured request, "-" for standard input, --ngrok, or a --stack to check.',
    );
  return readCapture(await readNamed(file));
}

async function readKeys(options: Options): Promise<readonly VerificationKey[]> {
  if (options.keyring !== undefined) return parseKeyring(decodeText(await readNamed(options.keyring))).keys;
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
