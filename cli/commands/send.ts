import { type Command, InvalidArgumentError, Option } from 'commander';
import { outputs } from '../../lambda/stack-outputs.ts';
import { print } from '../../terminal/output.ts';
import { connectProvider, type GlobalOptions, readOutput } from '../connections.ts';
import { UsageError, withOptions } from '../options.ts';

interface Options extends GlobalOptions {
  to: string;
  from?: string;
  callbackUrl?: string;
  stack?: string;
  metadata?: Record<string, string>;
}

export function addSendCommand(program: Command): void {
  program
    .command('send <content>')
    .description('send a message, with delivery reports and replies to a callback URL')
    .requiredOption('--to <number>', 'E.164, such as +61491570156')
    .option('--from <number>', 'the number that sends it')
    .option('--callback-url <URL>', 'where delivery reports and replies go')
    .addOption(new Option('--stack <name>', 'the deployed stack whose CallbackUrl they go to').conflicts('callbackUrl'))
    .option('--metadata <name=value>', 'metadata that comes back with every event; may be repeated', pair)
    .action(withOptions(send));
}

async function send(content: string, options: Options): Promise<void> {
  const { to, from, stack, metadata } = options;
  const callbackUrl = options.callbackUrl ?? (stack && (await readOutput(stack, outputs.callbackUrl)));
  if (!callbackUrl) throw new UsageError('Add --callback-url or --stack: without one no event comes back.');
  const [message] = await connectProvider(options).sendMessages([
    {
      content,
      destination_number: to,
      format: 'SMS',
      delivery_report: true,
      callback_url: callbackUrl,
      ...(from !== undefined && { source_number: from }),
      ...(metadata !== undefined && { metadata }),
    },
  ]);
  print(options.json, message, `Message ${message?.message_id} is ${message?.status}; its events go to ${callbackUrl}`);
}

function pair(value: string, earlier: Record<string, string> = {}): Record<string, string> {
  const [, name, text] = /^([^=]+)=(.*)$/s.exec(value) ?? [];
  if (name === undefined || text === undefined) throw new InvalidArgumentError('It must be name=value.');
  return { ...earlier, [name]: text };
}
