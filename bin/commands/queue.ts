import { createHash } from 'node:crypto';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  PurgeQueueCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { type Command, InvalidArgumentError } from 'commander';
import type { GlobalOptions } from '../connections.ts';
import { ClosedPipeError, formatTable, print, printLine, progress, toJson } from '../output.ts';
import { confirm } from '../question.ts';
import { addQueueOptions, connectQueues, type QueueOptions, type Queues, receive } from '../queues.ts';
import { asCells, asLine, describe, messageHeads } from '../shown-message.ts';

type Options<Own = object> = GlobalOptions & QueueOptions & Own;

/** `mmw queue`: what is on the queue of events, and the way back from the one behind it. */
export function addQueueCommand(program: Command): void {
  const queue = program.command('queue').description('look at the queue of events, and bring dead letters back');
  const add = (name: string, description: string) => addQueueOptions(queue.command(name).description(description));
  const deadLetters = ['--dead-letters', 'the dead-letter queue instead'] as const;

  add('stats', 'count the messages of both queues').action((_options, command: Command) =>
    stats(command.optsWithGlobals()),
  );
  add('peek', 'show messages and leave them on the queue; each look counts as one try, as SQS has no other')
    .option(...deadLetters)
    .option('--count <number>', 'how many at the most: 1 to 100', count, 10)
    .action((_options, command: Command) => peek(command.optsWithGlobals()));
  add('tail', 'take messages off the queue and show them, until Ctrl-C')
    .option(...deadLetters)
    .option('--yes', 'do not ask')
    .action((_options, command: Command) => tail(command.optsWithGlobals()));
  add('redrive', 'bring the dead letters back to the queue')
    .option('--dry-run', 'only say what would be brought back')
    .action((_options, command: Command) => redrive(command.optsWithGlobals()));
  add('purge', 'delete every message of the queue')
    .option(...deadLetters)
    .option('--yes', 'do not ask')
    .action((_options, command: Command) => purge(command.optsWithGlobals()));
}

async function stats(options: Options): Promise<void> {
  const queues = await connectQueues(options);
  const result = {
    queue: await countMessages(queues, queues.queueUrl),
    deadLetters: await countMessages(queues, queues.deadLetterQueueUrl()),
  };
  const row = (name: string, { waiting, inFlight }: Counts) => [name, String(waiting), String(inFlight)];
  const rows = [row('queue', result.queue), row('dead letters', result.deadLetters)];
  print(options.json, result, formatTable(['', 'waiting', 'being handled'], rows));
}

interface Counts {
  waiting: number;
  inFlight: number;
}

async function countMessages({ client }: Queues, queueUrl: string): Promise<Counts> {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return {
    waiting: Number(Attributes?.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0),
  };
}

async function peek(options: Options<{ deadLetters?: boolean; count: number }>): Promise<void> {
  const queues = await connectQueues(options);
  const queueUrl = options.deadLetters ? queues.deadLetterQueueUrl() : queues.queueUrl;
  const held: Message[] = [];
  try {
    while (held.length < options.count) {
      const messages = await receive(queues.client, queueUrl, 1);
      if (messages.length === 0) break;
      held.push(...messages);
    }
  } finally {
    await giveBack(queues, queueUrl, held);
  }
  const shown = held.slice(0, options.count).map(describe);
  const text = shown.length === 0 ? 'Nothing is waiting.' : formatTable(messageHeads, shown.map(asCells));
  print(options.json, shown, text);
}

/** Lets others have the messages at once. Those that cannot be given back are there again when their minute is over. */
async function giveBack({ client }: Queues, QueueUrl: string, messages: readonly Message[]): Promise<void> {
  for (const { ReceiptHandle } of messages) {
    const command = new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
    await client.send(command).catch(() => {});
  }
}

async function tail(options: Options<{ deadLetters?: boolean; yes?: boolean }>): Promise<void> {
  const queues = await connectQueues(options);
  const queueUrl = options.deadLetters ? queues.deadLetterQueueUrl() : queues.queueUrl;
  await confirm('Take messages off the queue and show them? Nobody else gets those.', options);
  progress('Waiting for messages, until Ctrl-C.');
  try {
    for (;;) await showAndRemove(queues, queueUrl, options.json);
  } catch (error) {
    if (!(error instanceof ClosedPipeError)) throw error;
  }
}

/** Deletes each message after the whole of it was written, and gives back those that come after one that could not be. */
async function showAndRemove(queues: Queues, queueUrl: string, json: boolean | undefined): Promise<void> {
  const held = await receive(queues.client, queueUrl, 20);
  try {
    for (let message = held[0]; message !== undefined; message = held[0]) {
      const shown = describe(message);
      await printLine(json ? toJson(shown) : asLine(shown));
      await remove(queues, queueUrl, message);
      held.shift();
    }
  } finally {
    await giveBack(queues, queueUrl, held);
  }
}

async function remove({ client }: Queues, queueUrl: string, { ReceiptHandle }: Message): Promise<void> {
  await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
}

async function redrive(options: Options<{ dryRun?: boolean }>): Promise<void> {
  const queues = await connectQueues(options);
  const from = queues.deadLetterQueueUrl();
  const { waiting } = await countMessages(queues, from);
  if (options.dryRun) {
    print(options.json, { wouldRedrive: waiting }, `${amount(waiting)} would go back to the queue.`);
    return;
  }
  let redriven = 0;
  for (;;) {
    const messages = await receive(queues.client, from, 1);
    if (messages.length === 0) break;
    for (const message of messages) {
      await sendAgain(queues, message);
      await remove(queues, from, message);
      redriven++;
    }
    progress(`${redriven} of about ${amount(Math.max(waiting, redriven))} back on the queue`);
  }
  const left = await countMessages(queues, from);
  const rest = left.waiting + left.inFlight;
  const others = rest === 0 ? '' : ` ${rest} are left, or were added meanwhile: run it again.`;
  print(options.json, { redriven, left: rest }, `Back on the queue: ${amount(redriven)}.${others}`);
  if (rest > 0) process.exitCode = 1;
}

/** Sent before it is deleted: whatever happens between the two, a message may come twice but is never lost. */
async function sendAgain({ client, queueUrl }: Queues, { Body, Attributes, MessageId }: Message): Promise<void> {
  const group = Attributes?.MessageGroupId;
  // SQS would take the old deduplication id for a repetition, if the first sending is less than five minutes ago.
  const id = createHash('sha256').update(`redrive ${MessageId}`).digest('hex');
  const fifo = queueUrl.endsWith('.fifo') ? { MessageGroupId: group ?? id, MessageDeduplicationId: id } : {};
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: Body, ...fifo }));
}

async function purge(options: Options<{ deadLetters?: boolean; yes?: boolean }>): Promise<void> {
  const queues = await connectQueues(options);
  const queueUrl = options.deadLetters ? queues.deadLetterQueueUrl() : queues.queueUrl;
  const { waiting, inFlight } = await countMessages(queues, queueUrl);
  await confirm(`Delete everything on ${queueUrl}, ${amount(waiting + inFlight)}? It is lost.`, options);
  await queues.client.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
  print(options.json, { purged: queueUrl }, `${queueUrl} is empty.`);
}

function amount(messages: number): string {
  return `${messages} ${messages === 1 ? 'message' : 'messages'}`;
}

function count(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= 100) return number;
  throw new InvalidArgumentError('It must be a whole number from 1 to 100.');
}
