import { archiveTypeOf } from '../../lambda/archive-contract.ts';
import type { EventType } from '../../lambda/contract.ts';
import { sourceOf } from '../../lambda/event/deduplication.ts';
import type { VerificationKey } from '../../lambda/keys/keyring.ts';
import type { Archive } from './archive-bucket.ts';
import { listEventObjects, type StoredObject } from './event-objects.ts';
import { type Judgement, judge } from './judge.ts';
import { readObjects } from './read-archive.ts';
import { type DataTarget, type ReplayMessage, toReplayMessage } from './replay-message.ts';
import type { RefusedMessage } from './replay-sender.ts';
import { digestOf, type ReplayState } from './replay-state.ts';
import { createSeenEvents } from './seen-events.ts';
import type { Selection } from './selection.ts';
import { createSignedCopies } from './signed-copies.ts';
import type { BadLine } from './verify.ts';

export interface ReplayReport {
  /** Events sent to SQS, by type; with `isDryRun` those that would be sent. */
  sent: Record<string, number>;
  /** Events sent to SQS by an earlier run of the same replay. */
  sentBefore: number;
  duplicates: number;
  /** Lines that do not verify. They are not sent, because the queue has only verified events. */
  bad: number;
  refused: number;
  isFinished: boolean;
}

export interface Replay {
  selection: Selection;
  now: number;
  keys: readonly VerificationKey[];
  replayId: string;
  target: DataTarget | undefined;
  /** Sends nothing, and copies no data. */
  isDryRun: boolean;
  /** Events a second; `undefined` for as many as SQS takes. */
  rate: number | undefined;
  state: Pick<ReplayState, 'wasSent' | 'add'>;
  send: (messages: readonly ReplayMessage[]) => Promise<readonly RefusedMessage[]>;
  wait: (milliseconds: number) => Promise<unknown>;
  onBad: (line: BadLine) => void;
  onRefused: (event: { id: string; reason: string }) => void;
  onRead?: (object: Pick<StoredObject, 'size'>, events: number) => void;
  /** Stops the replay between two events. */
  signal: AbortSignal;
}

/** How many events are sent before the state is saved. Memory holds them until then. */
const chunkEvents = 100;
const chunkBytes = 8 * 1_048_576;

/**
 * Queues the events of a selection again, each once, object by object in order of arrival. Of an event that was polled and
 * came signed too, the signed one is sent.
 */
export async function replay(archive: Archive, options: Replay): Promise<ReplayReport> {
  const report: ReplayReport = { sent: {}, sentBefore: 0, duplicates: 0, bad: 0, refused: 0, isFinished: false };
  const { selection, now, keys, state, signal } = options;
  const reportBad = (line: BadLine) => {
    report.bad++;
    options.onBad(line);
  };
  const isNew = createSeenEvents();
  const chunk = createChunk(options, report);
  const objects = await listEventObjects(archive, selection, now);
  const isSignedToo = createSignedCopies(
    archive,
    objects,
    selection,
    async ({ text }) => (await judge(archive, text, keys)).verdict === 'good',
  );
  let events = 0;
  const observer = { broken: reportBad, read: (object: StoredObject) => options.onRead?.(object, events) };
  for await (const { object, line, text, event } of readObjects(archive, objects, selection, observer)) {
    if (signal.aborted) break;
    events++;
    const digest = digestOf(text);
    if (state.wasSent(digest)) {
      report[(await isSignedToo(event)) || !isNew(event) ? 'duplicates' : 'sentBefore']++;
      continue;
    }
    const judgement = await judge(archive, text, keys);
    // Only good events count as seen: a forged one must not replace the genuine event with the same id.
    if (judgement.verdict === 'bad') reportBad({ object, line, id: event.id, reason: judgement.reason });
    else if ((await isSignedToo(event)) || !isNew(event)) report.duplicates++;
    else if (options.isDryRun) count(report, event.type);
    else {
      const account = accountOf(judgement, keys);
      const message = await toReplayMessage(text, judgement.read, { ...options, account });
      await chunk.add({ message, type: event.type, digest });
      options.onRead?.({ size: 0 }, events);
    }
  }
  if (!signal.aborted) await chunk.flush();
  return { ...report, isFinished: !signal.aborted };
}

/** Collects events, sends many at once, and keeps in the state what was sent. */
function createChunk(options: Replay, report: ReplayReport) {
  const pace = createPace(options);
  const most = Math.min(chunkEvents, options.rate ?? chunkEvents);
  let chunk: { message: ReplayMessage; type: EventType; digest: string }[] = [];
  let bytes = 0;
  const flush = async () => {
    if (chunk.length === 0) return;
    await pace(chunk.length);
    const refused = await options.send(chunk.map(({ message }) => message));
    const isRefused = new Set(refused.map(({ message }) => message.deduplicationId));
    const sent = chunk.filter(({ message }) => !isRefused.has(message.deduplicationId));
    for (const { type } of sent) count(report, type);
    report.refused += refused.length;
    for (const { message, reason } of refused) options.onRefused({ id: message.id, reason });
    if (sent.length > 0) options.state.add(sent.map(({ digest }) => digest));
    [chunk, bytes] = [[], 0];
  };
  const add = async (event: (typeof chunk)[number]) => {
    chunk.push(event);
    bytes += event.message.body.length;
    if (chunk.length >= most || bytes >= chunkBytes) await flush();
  };
  return { add, flush };
}

/** The account in the group that the receiver gave the event; `undefined` where keys name none. */
function accountOf(
  judgement: Exclude<Judgement, { verdict: 'bad' }>,
  keys: readonly VerificationKey[],
): string | undefined {
  if (judgement.verdict === 'good') return judgement.key.account;
  const { source } = judgement.read.event;
  return keys.find(({ account }) => account !== undefined && sourceOf(account) === source)?.account;
}

function count({ sent }: ReplayReport, type: EventType): void {
  const name = archiveTypeOf(type);
  sent[name] = (sent[name] ?? 0) + 1;
}

function createPace({ rate, wait }: Pick<Replay, 'rate' | 'wait'>) {
  let due = performance.now();
  return async (count: number) => {
    if (rate === undefined) return;
    const early = due - performance.now();
    if (early > 0) await wait(early);
    due = Math.max(due, performance.now()) + (count * 1000) / rate;
  };
}
