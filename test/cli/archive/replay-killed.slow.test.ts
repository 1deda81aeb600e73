import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openRange } from '../../../cli/archive/read-archive.ts';
import { replay } from '../../../cli/archive/replay.ts';
import { digestOf, openReplayState } from '../../../cli/archive/replay-state.ts';
import { createSender } from '../../../cli/queue/queues.ts';
import { eventTypes } from '../../../lambda/contract.ts';
import { parseKeyring } from '../../../lambda/keys/keyring.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { makeKey } from '../../support.ts';
import { type LocalArchive, reportLine, startArchive } from './archive.ts';

const now = Date.parse('2026-12-25T12:00:00Z');
const testKeys = [makeKey(), makeKey(), makeKey()];
const keyringOf = (count: number) =>
  parseKeyring(JSON.stringify({ keys: testKeys.slice(0, count).map(({ answer }) => answer) })).keys;
/** Always the same sequence, so that a failure comes again. */
let seed = 24;
const random = (below: number) => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor((seed / 2_147_483_648) * below);
};

let archive: LocalArchive;
let folder: string;
beforeEach(async () => {
  archive = await startArchive();
  folder = mkdtempSync(join(tmpdir(), 'replay-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await archive.queue.close();
});

class KilledError extends Error {}

const store = () => Promise.reject(new Error('nothing is too large'));

/** A replay of a day, killed until all is sent. @returns how often */
async function replayDay(number: number): Promise<number> {
  const day = 10 + number;
  const file = join(folder, `${number}.json`);
  const request = { replayId: `replay-${number}`, bucket: archive.bucket, queueUrl: archive.queue.queueUrl };
  const selection = { from: Date.parse(`2026-11-${day}T00:00:00Z`), to: Date.parse(`2026-11-${day + 1}T00:00:00Z`) };
  const lines = new Map<string, string>();
  /** Events that SQS has taken. */
  const taken = new Set<string>();
  const addObject = async () => {
    const hour = `2026-11-${day}T0${random(10)}:00:00Z`;
    const added = Array.from({ length: 1 + random(8) }, () => {
      const id = `d-${number}-${lines.size}`;
      const line = reportLine(testKeys[random(3)] ?? makeKey(), hour, id, { message_id: `m-${random(5)}` });
      lines.set(line, id);
      return line;
    });
    // Firehose repeats records.
    const again = [...lines.keys()].slice(-10, -9);
    await archive.put(eventTypes.deliveryReport, hour, [...again, ...added], `${random(1_000_000)}`);
  };
  /** One run, as a process: what it knows is in the file. It dies after so many steps: calls of SQS, or writes of the state. */
  const run = async (steps: number, keys: number) => {
    let left = steps;
    const die = () => {
      if (left-- <= 0) throw new KilledError();
    };
    const client = new SQSClient({ endpoint: archive.queue.url, region: 'us-east-1', credentials: localCredentials });
    client.middlewareStack.add(
      (next) => async (args) => {
        die();
        const output = await next(args);
        taken.add(JSON.parse((args.input as { MessageBody: string }).MessageBody).id);
        die();
        return output;
      },
      { step: 'initialize' },
    );
    const state = openReplayState(file, request, now);
    try {
      return await replay(await openRange(archive, selection), {
        ...{ replayId: request.replayId, isDryRun: false },
        keys: keyringOf(keys),
        signal: new AbortController().signal,
        // It saves its state so often.
        rate: 4,
        state: {
          wasSent: state.wasSent,
          add: (digests) => {
            // A machine that fails may have written a part of it.
            if (left <= 1 && existsSync(file)) appendFileSync(file, `\n["${digests[0]?.slice(0, 9)}`);
            die();
            state.add(digests);
            die();
          },
        },
        send: createSender({ client, queueUrl: archive.queue.queueUrl, store }),
        store,
        wait: async () => {},
        onBad: () => {},
        onRefused: () => {},
      });
    } catch (error) {
      if (error instanceof KilledError) return undefined;
      throw error;
    } finally {
      client.destroy();
    }
  };

  const claimed = () => {
    const { wasSent } = openReplayState(file, request, now);
    return [...lines].filter(([line]) => wasSent(digestOf(line))).map(([, id]) => id);
  };
  for (let objects = 0; objects < 8; objects++) await addObject();
  let kills = 0;
  for (let runs = 0; runs < 30; runs++) {
    if (random(4) === 0) await addObject();
    if ((await run(random(12), 1 + random(3))) === undefined) kills++;
    expect(claimed().filter((id) => !taken.has(id))).toEqual([]);
  }
  await addObject();
  const report = await run(Number.POSITIVE_INFINITY, 3);
  const ids = [...lines.values()];
  expect([...taken].sort()).toEqual([...ids].sort());
  expect(claimed()).toEqual(ids);
  expect(report).toMatchObject({ bad: 0, refused: 0, isFinished: true });
  expect((report?.sentBefore ?? 0) + (report?.sent.delivery_report ?? 0)).toBe(ids.length);
  return kills;
}

test('killed 200 times, while lines come and keys change, it sends every event and claims none that it did not send', async () => {
  let kills = 0;
  for (let day = 0; kills < 200; day++) kills += await replayDay(day);
}, 120_000);
