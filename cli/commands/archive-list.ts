import type { Command } from 'commander';
import { archiveTypeOf } from '../../lambda/archive-contract.ts';
import { parseHttpDate } from '../../lambda/signature.ts';
import { ClosedPipeError, print, printLine, progress } from '../../terminal/output.ts';
import { toJson, visibleOnOneLine } from '../../terminal/text.ts';
import { listEventObjects } from '../archive/event-objects.ts';
import { type Evidence, findEvent } from '../archive/find-event.ts';
import { type ArchivedEvent, type BrokenLine, readObjects } from '../archive/read-archive.ts';
import { digestOf } from '../archive/replay-state.ts';
import { createLargeSet } from '../archive/seen-events.ts';
import { createSignedCopies } from '../archive/signed-copies.ts';
import { withOptions } from '../options.ts';
import { detailOf } from '../queue/shown-message.ts';
import { addRangeCommand, describeBadLine, openRange, type RangeOptions, readKeys } from './archive-range.ts';

export function addListCommands(archive: Command): void {
  addRangeCommand(archive, 'list', 'list events, one on each line, repeated lines once')
    .option('--id <id>', 'only the event with this id')
    .action(withOptions(list));
  addRangeCommand(archive, 'show <id>', 'show a whole event, and verify its signature')
    .option('--keys <file>', 'a keyring to verify with, instead of the archived keys')
    .action(withOptions(show));
}

function reportBroken(line: BrokenLine): void {
  progress(describeBadLine(line));
  process.exitCode = 1;
}

async function list(options: RangeOptions): Promise<void> {
  const { archive, selection, now } = await openRange(options);
  const objects = await listEventObjects(archive, selection, now);
  const isSignedToo = createSignedCopies(archive, objects, selection, async () => true);
  const seen = createLargeSet();
  let events = 0;
  try {
    for await (const found of readObjects(archive, objects, selection, { broken: reportBroken })) {
      // Signatures are not checked here. So only what is the same to the last byte is left out.
      const digest = digestOf(found.text);
      if (seen.has(digest) || (await isSignedToo(found.event))) continue;
      seen.add(digest);
      events++;
      const shown = describe(found);
      await printLine(options.json ? toJson(shown) : asLine(shown));
    }
  } catch (error) {
    if (error instanceof ClosedPipeError) return;
    throw error;
  }
  progress(events === 0 ? 'There is no such event.' : `${events} ${events === 1 ? 'event' : 'events'}.`);
}

function describe({ event, object, line }: ArchivedEvent) {
  const { id, type, subject = '', mmdate, time } = event;
  // A polled event was never signed, so its time is shown.
  const signed = new Date(parseHttpDate(mmdate ?? '') ?? time).toISOString();
  return { signed, type: archiveTypeOf(type), id, subject, detail: detailOf(event), object, line };
}

function asLine({ signed, type, id, subject, detail }: ReturnType<typeof describe>): string {
  return visibleOnOneLine([signed.slice(0, 19), type, id, subject, detail].filter(Boolean).join('  '));
}

async function show(id: string, options: RangeOptions<{ keys?: string }>): Promise<void> {
  const range = await openRange({ ...options, id });
  const { archive, selection, now } = range;
  const keys = await readKeys(range, options.keys);
  const evidence = await findEvent(archive, { selection, now, keys }, { broken: reportBroken });
  if (evidence === undefined) {
    const narrowed = options.from ?? options.to ?? options.type ?? options.subject;
    throw new Error(
      `${archive.bucket} has no event ${id}${narrowed === undefined ? '' : ' among the selected events'}.`,
    );
  }
  print(options.json, evidence, describeEvidence(evidence));
  if (evidence.verdict.startsWith('bad')) process.exitCode = 1;
}

function describeEvidence({ object, line, verdict, keyFingerprint, event, payload }: Evidence): string {
  return [
    visibleOnOneLine(`${object} line ${line}`),
    `signature: ${visibleOnOneLine(verdict)}${keyFingerprint === undefined ? '' : `, with the key whose SHA-256 is ${keyFingerprint}`}`,
    toJson({ ...event, ...(payload !== undefined && { payload }) }, 2),
  ].join('\n');
}
