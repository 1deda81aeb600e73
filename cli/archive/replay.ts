import { createHash } from 'node:crypto';
import { fromArchiveLine } from '../../lambda/archive/archive-line.ts';
import { archiveTypeOf } from '../../lambda/archive-contract.ts';
import type { EventType, QueuedEvent } from '../../lambda/contract.ts';
import { groupOf, identityOf, sourceOf } from '../../lambda/event/deduplication.ts';
import { datarefMember, type QueueMessage, writeEvent } from '../../lambda/event/queue-message.ts';
import { refusesMessage } from '../../lambda/event/queue-refusals.ts';
import type { VerificationKey } from '../../lambda/keys/keyring.ts';
import type { Archive } from './archive-bucket.ts';
import { fetchArchivedData } from './archived-data.ts';
import { createLargeSet, createSignedCopies } from './copies.ts';
import { type Judgement, judge } from './judge.ts';
import { type ArchivedEvent, type BadLine, type Range, readRange } from './read-archive.ts';
import { digestOf, type ReplayState } from './replay-state.ts';

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
  keys: readonly VerificationKey[];
  replayId: string;
  isDryRun: boolean;
  /** Events a second; `undefined` for as many as SQS takes. */
  rate: number | undefined;
  state: Pick<ReplayState, 'wasSent' | 'add'>;
  send: (message: Pick<QueueMessage, 'body' | 'groupId' | 'deduplicationId'>) => Promise<unknown>;
  /** Puts data where consumers look for it. @returns its `dataref` */
  store: (data: Uint8Array, contentType: string | undefined) => Promise<string>;
  wait: (milliseconds: number) => Promise<unknown>;
  onBad: (line: BadLine) => void;
  /** Called for an event that the queue does not take, while it may take others. */
  onRefused: (id: string, error: unknown) => void;
  /** Stops the replay between two events. */
  signal: AbortSignal;
}

/** How many events are sent before the state is saved. Memory holds them until then. */
const chunkEvents = 100;
const chunkBytes = 8 * 1_048_576;

/**
 * Queues the events of a range again, each once, object by object in order of arrival. Of an event that was polled and came
 * signed too, the signed one is sent.
 */
export async function replay(range: Range, options: Replay): Promise<ReplayReport> {
  const report: ReplayReport = { sent: {}, sentBefore: 0, duplicates: 0, bad: 0, refused: 0, isFinished: false };
  const { keys, state, signal } = options;
  const reportBad = (line: BadLine) => {
    report.bad++;
    options.onBad(line);
  };
  const seen = createLargeSet();
  const chunk = createChunk(options, report);
  const judgeLine = (text: string) => judge(range.archive, text, keys);
  const isSignedToo = createSignedCopies(range, async ({ text }) => (await judgeLine(text)).verdict === 'good');
  const isRepeated = async (event: QueuedEvent) => (await isSignedToo(event)) || !seen.add(identityOf(event));
  for await (const found of readRange(range)) {
    if (signal.aborted) break;
    if ('reason' in found) {
      reportBad(found);
      continue;
    }
    const { object, line, text, event } = found;
    if (state.wasSent(digestOf(text))) {
      report[(await isRepeated(event)) ? 'duplicates' : 'sentBefore']++;
      continue;
    }
    const judgement = await judgeLine(text);
    // Only good events count as seen: a forged one must not replace the genuine event with the same id.
    if (judgement.verdict === 'bad') reportBad({ object, line, id: event.id, reason: judgement.reason });
    else if (await isRepeated(event)) report.duplicates++;
    else if (options.isDryRun) count(report, event.type);
    else await chunk.add(toSending(range.archive, found, accountOf(judgement, keys), options));
  }
  if (!signal.aborted) await chunk.flush();
  return { ...report, isFinished: !signal.aborted };
}

/** An event that is to be sent. */
interface Sending {
  id: string;
  type: EventType;
  digest: string;
  groupId: string;
  length: number;
  send: () => Promise<unknown>;
}

/**
 * The message as it was queued, with `mmreplay` as its first member, so that `data` stays last and unchanged. It has the
 * group that the receiver gave it. Its deduplication id differs between replays, and is the same within one.
 */
function toSending(
  archive: Archive,
  { text, event }: ArchivedEvent,
  account: string | undefined,
  { replayId, send, store }: Replay,
): Sending {
  const { id, type, dataref, datacontenttype } = event;
  const queued = fromArchiveLine(text);
  const body = `{"mmreplay":${JSON.stringify(replayId)},${queued.slice(queued.indexOf('{') + 1)}`;
  const groupId = groupOf(event, account);
  // A signed copy that comes later must not be dropped.
  const name = `${identityOf(event)} ${replayId}${event.mmorigin === undefined ? '' : ' polled'}`;
  const deduplicationId = createHash('sha256').update(name).digest('hex');
  const bringBack = async (from: string) => {
    const { dataref: _dataref, ...attributes }: QueuedEvent = JSON.parse(body);
    const to = await store(await fetchArchivedData(archive, from), datacontenttype);
    return writeEvent(attributes, datarefMember(to));
  };
  return {
    ...{ id, type, groupId, digest: digestOf(text), length: body.length },
    send: async () => send({ body: dataref === undefined ? body : await bringBack(dataref), groupId, deduplicationId }),
  };
}

/** Collects events, sends many at once, and keeps in the state what was sent. */
function createChunk(options: Replay, report: ReplayReport) {
  const pace = createPace(options);
  const most = Math.min(chunkEvents, options.rate ?? chunkEvents);
  let chunk: Sending[] = [];
  let length = 0;
  const sendGroup = async (group: readonly Sending[]): Promise<Sending[]> => {
    const sent: Sending[] = [];
    for (const event of group) {
      try {
        await event.send();
        sent.push(event);
      } catch (error) {
        if (!refusesMessage(error)) throw error;
        report.refused++;
        options.onRefused(event.id, error);
      }
    }
    return sent;
  };
  const flush = async () => {
    if (chunk.length === 0) return;
    await pace(chunk.length);
    // Those of a group one after the other, so that they keep their order. If a group fails, the others end before that is told.
    const groups = Map.groupBy(chunk, ({ groupId }) => groupId).values();
    const outcomes = await Promise.allSettled([...groups].map(sendGroup));
    const sent = outcomes.flatMap((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    for (const { type } of sent) count(report, type);
    if (sent.length > 0) options.state.add(sent.map(({ digest }) => digest));
    [chunk, length] = [[], 0];
  };
  const add = async (event: Sending) => {
    chunk.push(event);
    length += event.length;
    if (chunk.length >= most || length >= chunkBytes) await flush();
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
