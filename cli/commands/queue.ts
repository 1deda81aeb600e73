import { type Message, PurgeQueueCommand } from '@aws-sdk/client-sqs';
import type { Command } from 'commander';
import { ClosedPipeError, explain, formatTable, print, printLine, progress } from '../../terminal/output.ts';
import { confirm, UnaskedError } from '../../terminal/question.ts';
import { counted, toJson } from '../../terminal/text.ts';
import type { GlobalOptions } from '../connections.ts';
import { wholeNumber, withOptions } from '../options.ts';
import { costOfLook, findMessage, peek, showAndRemove } from '../queue/look.ts';
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
import { StoppedError, stoppable } from '../stopping.ts';

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
    .option('--yes', 'do not ask')
    .action(withOptions(redriveSome));
  add('delete <id>', 'delete one message, by the id of its event or of SQS')
    .option(...deadLetters)
    .option('--yes', 'do not ask')
    .action(withOptions(deleteOne));
  add('purge', 'delete every message of the queue, within a minute')
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
  const table = formatTable(['', 'waiting', 'in flight'], rows);
  print(options.json, result, `${table}\nSQS counts approximately: a number may be a minute old.`);
}

async function showMessages(options: Options<{ deadLetters?: boolean; count: number; yes?: boolean }>): Promise<void> {
  const queues = await connectQueues(options);
  const queueUrl = chosen(queues, options);
  await askForTries(queues, queueUrl, 'Look?', options);
  const { messages, note } = await stoppable((stop) => peek(queues.client, queueUrl, options.count, stop));
  const shown = messages.map(describe);
  const text = shown.length === 0 ? 'SQS shows no message.' : formatTable(messageHeads, shown.map(asCells));
  print(options.json, shown, text);
  if (note !== undefined) progress(note);
}

/** Asks before a look that costs tries. @throws {UnaskedError} without a terminal */
async function askForTries({ client }: Queues, queueUrl: string, question: string, options: { yes?: boolean }) {
  const cost = await costOfLook(client, queueUrl);
  if (cost === undefined) return;
  await confirm(`${cost} ${question}`, options).catch((error: unknown) => {
    if (error instanceof UnaskedError) process.exitCode = 2;
    throw error;
  });
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
    await stoppable(async (stop) => {
      for (;;) await showAndRemove(queues.client, queueUrl, show, stop);
    });
  } catch (error) {
    if (!(error instanceof ClosedPipeError || error instanceof StoppedError)) throw error;
  }
}

type RedriveOptions = Options<{ dryRun?: boolean; yes?: boolean }>;

async function redriveSome(id: string | undefined, options: RedriveOptions): Promise<void> {
  const queues = await connectQueues(options);
  if (id !== undefined) return redriveById(queues, id, options);
  const { waiting } = await countMessages(queues.client, queues.deadLetterQueueUrl());
  const about = `about ${counted(waiting, 'message')}`;
  if (options.dryRun) return print(options.json, { wouldRedrive: waiting }, `Would go back to the queue: ${about}.`);
  await redriveAll(queues, about, options);
}

async function redriveById(queues: Queues, id: string, options: RedriveOptions): Promise<void> {
  await askForTries(queues, queues.deadLetterQueueUrl(), `Search for ${id}?`, options);
  if (options.dryRun) {
    await stoppable((stop) => expectDeadLetter(queues, id, stop));
    return print(options.json, { wouldRedrive: 1 }, `Would go back to the queue: message ${id}.`);
  }
  await stoppable((stop) => redriveOne(queues, id, stop));
  print(options.json, { redriven: 1 }, `Back on the queue: ${id}.`);
}

async function redriveAll(queues: Queues, about: string, options: GlobalOptions): Promise<void> {
  const { redriven, refused, left } = await stoppable((stop) =>
    redrive(
      queues,
      (done) => progress(`Back on the queue: ${done} of ${about}.`),
      (message, error) =>
        progress(`The queue does not take ${describe(message).id || message.MessageId}: ${explain(error)}`),
      stop,
    ),
  );
  const unmoved = refused === 0 ? '' : ` ${counted(refused, 'message')} stayed, because the queue does not take them.`;
  // What a consumer holds is not shown, and what is behind it in a FIFO queue.
  const hint = ` SQS shows no more; it counts about ${left}, a minute ago or held by somebody.`;
  const text = `Back on the queue: ${counted(redriven, 'message')}.${unmoved}${left > refused ? hint : ''}`;
  print(options.json, { redriven, refused, left }, text);
  if (refused > 0) process.exitCode = 1;
}

async function deleteOne(id: string, options: Options<{ deadLetters?: boolean; yes?: boolean }>): Promise<void> {
  const queues = await connectQueues(options);
  const queueUrl = chosen(queues, options);
  const cost = await costOfLook(queues.client, queueUrl);
  if (cost !== undefined) progress(`The search looks at the messages before it. ${cost}`);
  await confirm(`Delete message ${id} of ${queueUrl}? It cannot be restored.`, options);
  await stoppable(async (stop) => {
    const message = await findMessage(queues.client, queueUrl, id, { stop });
    await remove(queues.client, queueUrl, message);
  });
  print(options.json, { deleted: id }, `Message ${id} is deleted.`);
}

async function purge(options: Options<{ deadLetters?: boolean; yes?: boolean }>): Promise<void> {
  const queues = await connectQueues(options);
  const queueUrl = chosen(queues, options);
  const { waiting, inFlight } = await countMessages(queues.client, queueUrl);
  const everything = `Delete everything in ${queueUrl}, about ${counted(waiting + inFlight, 'message')}`;
  const time = 'SQS takes up to 60 s for it, and may delete what arrives meanwhile';
  await confirm(`${everything}? It cannot be restored. ${time}.`, options);
  await queues.client.send(new PurgeQueueCommand({ QueueUrl: queueUrl })).catch((cause: Error) => {
    if (!/PurgeQueueInProgress/.test(cause.name)) throw cause;
    throw new Error(`${queueUrl} is being purged already, since less than a minute: try again after it.`, { cause });
  });
  const after = 'Then "mmw queue stats" says what is left.';
  print(
    options.json,
    { purging: queueUrl },
    `SQS deletes what is in ${queueUrl}. ${time.replace(' for it', '')}. ${after}`,
  );
}

async function restore(options: GlobalOptions & { stack: string }): Promise<void> {
  const { queues, restored } = await restoreQueues(options.stack);
  const created = restored.map((url) => `Created again: ${url}`).join('\n');
  print(options.json, { restored }, created || `All ${counted(queues.length, 'queue')} of the stack are there.`);
}

function chosen({ queueUrl, deadLetterQueueUrl }: Queues, { deadLetters = false }: { deadLetters?: boolean }): string {
  return deadLetters ? deadLetterQueueUrl() : queueUrl;
}
