import { type Message, PurgeQueueCommand } from '@aws-sdk/client-sqs';
import type { Command } from 'commander';
import { ClosedPipeError, explain, formatTable, print, printLine, progress } from '../../terminal/output.ts';
import { confirm, warn } from '../../terminal/question.ts';
import { toJson } from '../../terminal/text.ts';
import type { GlobalOptions } from '../connections.ts';
import { wholeNumber, withOptions } from '../options.ts';
import { findMessage } from '../queue/find.ts';
import { costOfLook, peek } from '../queue/peek.ts';
import {
  addQueueOptions,
  type Counts,
  connectQueues,
  countMessages,
  type QueueOptions,
  type Queues,
  remove,
} from '../queue/queues.ts';
import { expectDeadLetter, redrive, redriveOne } from '../queue/redrive.ts';
import { restoreQueues } from '../queue/restore.ts';
import { asCells, asLine, describe, messageHeads } from '../queue/shown-message.ts';
import { showAndRemove } from '../queue/tail.ts';

type Options<Own = object> = GlobalOptions & QueueOptions & Own;

export function addQueueCommand(program: Command): void {
  const queue = program.command('queue').description('look into the event queue, and redrive dead letters');
  const add = (name: string, description: string) => addQueueOptions(queue.command(name).description(description));
  const deadLetters = ['--dead-letters', 'use the dead-letter queue instead'] as const;

  add('stats', 'count the messages of both queues').action(withOptions(showCounts));
  add('peek', 'show messages and leave them in the queue; SQS counts each look as one of their tries')
    .option(...deadLetters)
    .option('--count <number>', 'how many at most: 1 to 100', wholeNumber(1, 100), 10)
    .option('--yes', 'do not ask')
    .action(withOptions(showMessages));
  add('tail', 'receive, show and delete messages as they arrive, until Ctrl-C')
    .option(...deadLetters)
    .option('--yes', 'do not ask')
    .action(withOptions(tail));
  add(
    'redrive [id]',
    'move all dead letters back to the event queue, or the one with this id (of the event, or of SQS)',
  )
    .option('--dry-run', 'only say what would be moved')
    .action(withOptions(redriveAll));
  add('delete <id>', 'delete one message, by the id of its event or of SQS')
    .option(...deadLetters)
    .option('--yes', 'do not ask')
    .action(withOptions(deleteOne));
  add('purge', 'delete every message of the queue')
    .option(...deadLetters)
    .option('--yes', 'do not ask')
    .action(withOptions(purge));
  queue
    .command('restore')
    .description('create deleted queues again, as the stack had them; their messages are lost')
    .requiredOption('--stack <name>', 'the deployed stack')
    .action(withOptions(restore));
}

async function showCounts(options: Options): Promise<void> {
  const { client, queueUrl, deadLetterQueueUrl } = await connectQueues(options);
  const result = {
    queue: await countMessages(client, queueUrl),
    deadLetters: await countMessages(client, deadLetterQueueUrl()),
  };
  const row = (name: string, { waiting, inFlight }: Counts) => [name, String(waiting), String(inFlight)];
  const rows = [row('queue', result.queue), row('dead letters', result.deadLetters)];
  print(options.json, result, formatTable(['', 'waiting', 'in flight'], rows));
}

async function showMessages(options: Options<{ deadLetters?: boolean; count: number; yes?: boolean }>): Promise<void> {
  const queues = await connectQueues(options);
  const queueUrl = chosen(queues, options);
  const cost = await costOfLook(queues.client, queueUrl);
  if (cost !== undefined) await warn(cost, 'Look?', options);
  const { messages, notes } = await peek(queues.client, queueUrl, options.count);
  const shown = messages.map(describe);
  const text = shown.length === 0 ? 'Nothing is waiting.' : formatTable(messageHeads, shown.map(asCells));
  print(options.json, shown, text);
  for (const note of notes) progress(note);
}

async function tail(options: Options<{ deadLetters?: boolean; yes?: boolean }>): Promise<void> {
  const queues = await connectQueues(options);
  const queueUrl = chosen(queues, options);
  await confirm('Show messages and delete them from the queue? No consumer gets them then.', options);
  const show = (message: Message) => {
    const shown = describe(message);
    return printLine(options.json ? toJson(shown) : asLine(shown));
  };
  progress('Waiting for messages, until Ctrl-C.');
  try {
    for (;;) await showAndRemove(queues.client, queueUrl, show);
  } catch (error) {
    if (!(error instanceof ClosedPipeError)) throw error;
  }
}

async function redriveAll(id: string | undefined, options: Options<{ dryRun?: boolean }>): Promise<void> {
  const queues = await connectQueues(options);
  const { waiting } = await countMessages(queues.client, queues.deadLetterQueueUrl());
  if (options.dryRun) {
    if (id !== undefined) await expectDeadLetter(queues, id);
    const which = id === undefined ? amount(waiting) : `Message ${id}`;
    print(options.json, { wouldRedrive: id === undefined ? waiting : 1 }, `${which} would go back to the queue.`);
    return;
  }
  if (id !== undefined) {
    await redriveOne(queues, id);
    print(options.json, { redriven: 1 }, `Back on the queue: ${id}.`);
    return;
  }
  const { redriven, refused, left } = await redrive(
    queues,
    (done) => progress(`${done} of about ${amount(Math.max(waiting, done))} back in the queue`),
    (message, error) =>
      progress(`The queue does not take ${describe(message).id || message.MessageId}: ${explain(error)}`),
  );
  const others = left === 0 ? '' : ` ${left} are left, or were added meanwhile: run the command again.`;
  print(options.json, { redriven, refused, left }, `Back on the queue: ${amount(redriven)}.${others}`);
  if (left > 0) process.exitCode = 1;
}

async function deleteOne(id: string, options: Options<{ deadLetters?: boolean; yes?: boolean }>): Promise<void> {
  const queues = await connectQueues(options);
  const queueUrl = chosen(queues, options);
  const cost = await costOfLook(queues.client, queueUrl);
  if (cost !== undefined) progress(`The search looks at the messages before it. ${cost}`);
  await confirm(`Delete message ${id} of ${queueUrl}? It cannot be restored.`, options);
  await remove(queues.client, queueUrl, await findMessage(queues.client, queueUrl, id));
  print(options.json, { deleted: id }, `Message ${id} is deleted.`);
}

async function purge(options: Options<{ deadLetters?: boolean; yes?: boolean }>): Promise<void> {
  const queues = await connectQueues(options);
  const queueUrl = chosen(queues, options);
  const { waiting, inFlight } = await countMessages(queues.client, queueUrl);
  await confirm(`Delete everything in ${queueUrl}, ${amount(waiting + inFlight)}? It cannot be restored.`, options);
  await queues.client.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
  print(options.json, { purged: queueUrl }, `${queueUrl} is empty.`);
}

async function restore(options: GlobalOptions & { stack: string }): Promise<void> {
  const restored = await restoreQueues(options.stack);
  const text =
    restored.length === 0 ? 'Both queues are there.' : restored.map((url) => `Created again: ${url}`).join('\n');
  print(options.json, { restored }, text);
}

function chosen({ queueUrl, deadLetterQueueUrl }: Queues, { deadLetters = false }: { deadLetters?: boolean }): string {
  return deadLetters ? deadLetterQueueUrl() : queueUrl;
}

function amount(messages: number): string {
  return `${messages} ${messages === 1 ? 'message' : 'messages'}`;
}
