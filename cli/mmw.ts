import { createRequire } from 'node:module';
import { Command, InvalidArgumentError } from 'commander';
import { resolveBaseUrl } from '../lambda/messagemedia/options.ts';
import { fold, formatItem, formatItems, widthOf } from '../terminal/fold.ts';
import { explain, ignoreClosedPipes, progress } from '../terminal/output.ts';
import { addArchiveCommand } from './commands/archive.ts';
import { addCaptureCommand } from './commands/capture.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addKeysCommand } from './commands/keys.ts';
import { addOptOutsCommand } from './commands/opt-outs.ts';
import { addOutputsCommand } from './commands/outputs.ts';
import { addQueueCommand } from './commands/queue.ts';
import { addReconcileCommand } from './commands/reconcile.ts';
import { addSendCommand } from './commands/send.ts';
import { addSignCommand } from './commands/sign.ts';
import { addSimulateCommand } from './commands/simulate.ts';
import { addWebhooksCommand } from './commands/webhooks.ts';
import { addExamples } from './examples.ts';
import { UsageError } from './options.ts';
import { useProxy } from './proxy.ts';
import { rememberStack } from './remembered-stack.ts';
import { StoppedError } from './stopping.ts';

/** By its name, because this file is in another folder once it is compiled. */
const { version }: { version: string } = createRequire(import.meta.url)('mmw/package.json');

const program = new Command('mmw')
  .version(version, '--version', 'print the version')
  .configureHelp({ showGlobalOptions: true, formatItem })
  .configureOutput({ outputError: (text, write) => write(fold(text, widthOf(process.stderr))) })
  .description('Signature keys, webhooks and test messages of MessageMedia, and the keyring and queue of the receiver.')
  .option(
    '--base-url <name or URL>',
    'messagemedia, us, eu, au, or a URL (default: MESSAGEMEDIA_BASE_URL, else messagemedia)',
    checkBaseUrl,
  )
  .option('--account <id>', 'act for this sub-account; of "keys create", "rotate" and "import": whose keys these are')
  .option('--json', 'answer in JSON, for scripts')
  .addHelpText('after', `\nEnvironment:\n${formatItems(variables())}`);

addKeysCommand(program);
addWebhooksCommand(program);
addSendCommand(program);
addQueueCommand(program);
addReconcileCommand(program);
addOptOutsCommand(program);
addArchiveCommand(program);
addOutputsCommand(program);
addDoctorCommand(program);
addSignCommand(program);
addSimulateCommand(program);
addCaptureCommand(program);
program.helpCommand(false);
program
  .command('help [command...]')
  .description('show the help of a command')
  .action((names: string[]) => helpOf(names).help());
pointToOwnHelp(program, 'mmw');
rememberStack(program, process.env.MMW_STACK);
addExamples(program);

let called = program;
program.hook('preAction', (_program, command) => {
  called = command;
});
ignoreClosedPipes();
try {
  // The SDK for JavaScript reads only the first of them, other AWS tools both.
  const region = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION;
  if (region) process.env.AWS_REGION = region;
  useProxy(progress);
  await program.parseAsync();
} catch (error) {
  if (error instanceof UsageError) called.error(`error: ${explain(error)}`);
  console.error(fold(explain(error), widthOf(process.stderr)));
  process.exitCode = error instanceof StoppedError ? 130 : process.exitCode || 1;
}

function variables(): [string, string][] {
  return [
    ['MESSAGEMEDIA_API_KEY', "key of MessageMedia's API"],
    ['MESSAGEMEDIA_API_SECRET', 'its secret'],
    ['MESSAGEMEDIA_BASE_URL', 'default of --base-url'],
    [
      'MESSAGEMEDIA_AUTHENTICATION',
      'basic: the API secret goes with every call (default); hmac: only signatures made with it',
    ],
    ['KEYRING_SECRET_ID', 'default of --secret-id'],
    ['QUEUE_URL', 'default of --queue-url'],
    ['DEAD_LETTER_QUEUE_URL', 'default of --dead-letter-queue-url'],
    ['ARCHIVE_BUCKET', 'default of --bucket'],
    ['MMW_STACK', 'default of --stack'],
    ['AWS_REGION, AWS_PROFILE, HTTPS_PROXY, …', 'as for every AWS tool'],
  ];
}

/** The command that the names lead to, as far as there is one. */
function helpOf(names: readonly string[]): Command {
  let found = program;
  for (const name of names) {
    const next = found.commands.find((command) => command.name() === name);
    if (next === undefined) throw new UsageError(`There is no command "${names.join(' ')}".`);
    found = next;
  }
  return found;
}

/** A command line is no secret, unlike the environment, so the error repeats a value that is refused. */
function checkBaseUrl(value: string): string {
  try {
    if (value !== '') resolveBaseUrl(value);
    return value;
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

/** Lets a usage error point to the help of the command that was called. */
function pointToOwnHelp(command: Command, name: string): void {
  command.showHelpAfterError(`(${name} --help lists the options)`);
  for (const own of command.commands) pointToOwnHelp(own, `${name} ${own.name()}`);
}
