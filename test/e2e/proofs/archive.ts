import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteDeliveryStreamCommand } from '@aws-sdk/client-firehose';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { VerificationReport } from '../../../cli/archive/verify.ts';
import { archivePrefixes } from '../../../lambda/archive-contract.ts';
import type { ConsumedEvent } from '../../../sandbox/consumer.ts';
import { withFreshIds } from '../../../signing/sample-webhooks.ts';
import { toWire } from '../../../signing/sender.ts';
import { listObjects, untilArchived } from '../archive.ts';
import { type ArchivedHour, fillHour, phone } from '../archived-hour.ts';
import type { Proof, Run } from '../proof.ts';
import { expectQueued, receiveAll, samples } from '../webhooks.ts';

let filled: ArchivedHour | undefined;
let swallowed: ConsumedEvent[] = [];

/** @throws {Error} when the proof that fills it did not run */
function archivedHour(): ArchivedHour {
  if (!filled) throw new Error('There is no hour in the archive yet');
  return filled;
}

/** `mmw archive verify` of when the hour arrived. @returns its report @throws {Error} when a line is bad */
async function verifyHour(run: Run): Promise<VerificationReport> {
  return JSON.parse(await run.mmw('archive', 'verify', ...archivedHour().range, '--json'));
}

/** What must be the same in an event each time it is queued. */
function evidence({ event, signed, reverified }: ConsumedEvent): string {
  assert.ok(reverified, `the signature of ${event.id} does not verify`);
  const body = createHash('sha256')
    .update(signed?.body ?? '')
    .digest('hex');
  return [event.id, event.type, event.subject, event.mmsignature, signed?.target, body].join(' ');
}

const idsOf = (events: readonly ConsumedEvent[]) => events.map(({ event }) => event.id).sort();

export const archive: readonly Proof[] = [
  {
    claim: 'an hour of webhooks of every kind, with a key rotation in its middle',
    prove: async (run) => {
      filled = await fillHour(run);
      swallowed = await receiveAll(run, filled.keyring);
      assert.deepEqual(idsOf(swallowed), filled.ids.toSorted());
      const data = await listObjects(run, archivePrefixes.data);
      const { dataref = '' } = swallowed.find(({ event }) => event.id === filled?.large)?.event ?? {};
      assert.ok(data.includes(`${archivePrefixes.data}${dataref.slice(dataref.lastIndexOf('/') + 1)}`));
      return `${filled.ids.length} events, received and deleted by a consumer, are in the archive, with the data of the one above 1 MiB; the schedule archived the keys`;
    },
  },
  {
    claim: 'Firehose stream that somebody deleted',
    prove: async (run) => {
      const resources = await run.stack.resources();
      const stream = resources.find(
        ({ type, logicalId }) => type === 'AWS::KinesisFirehose::DeliveryStream' && /opt_?out/i.test(logicalId),
      );
      await run.clients.firehose.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: stream?.physicalId }));
      const { event } = await expectQueued(run, toWire(withFreshIds(samples(run).optOut), run.firstKey));
      const lines = await untilArchived(run, [event.id]);
      const objects = lines.filter((line) => line.event.id === event.id).map(({ object }) => object);
      assert.ok(objects.length === 1 && objects[0]?.includes('/queue-'), `it is in ${objects}`);
      return '202, on the queue, and in the archive through the queue of the archive';
    },
  },
  {
    claim: 'mmw archive verify',
    prove: async (run) => {
      const report = await verifyHour(run);
      const { ids, signed } = archivedHour();
      assert.deepEqual([report.bad, report.polled], [0, 2], JSON.stringify(report));
      const good = new Map(report.good.map(({ keyId, events }) => [keyId, events]));
      // Firehose delivers at least once, and one webhook was sent twice.
      for (const { keyId, webhooks } of signed) assert.ok((good.get(keyId) ?? 0) >= webhooks);
      const total = signed.reduce((sum, { keyId }) => sum + (good.get(keyId) ?? 0), 0);
      assert.ok(total > ids.length, 'the webhook that was sent twice is not there twice');
      return `the hour: ${signed.map(({ webhooks }) => webhooks).join(' and ')} events under the keys before and after the rotation; everything: ${report.events} lines under ${report.good.length} keys and 2 polled, none bad`;
    },
  },
  {
    claim: 'mmw archive replay of that hour',
    prove: async (run) => {
      const { range, keyring, ids, large, ofMessage } = archivedHour();
      // As after 57 days.
      const dataref = swallowed.find(({ event }) => event.id === large)?.event.dataref ?? '';
      const Key = dataref.slice(dataref.lastIndexOf('/') + 1);
      await run.clients.s3.send(new DeleteObjectCommand({ Bucket: run.stack.overflowBucket, Key }));
      const folder = await mkdtemp(join(tmpdir(), 'e2e-replay-'));
      const state = ['--yes', '--replay-id', 'lost-hour', '--state', join(folder, 'state.json')];
      const report = JSON.parse(
        await run.mmw('archive', 'replay', ...range, ...state, '--json').finally(() => rm(folder, { recursive: true })),
      );
      assert.ok(report.duplicates > 0 && report.bad === 0 && report.isFinished, JSON.stringify(report));
      const queued = await receiveAll(run, keyring);
      const events = queued.filter(({ event }) => ids.includes(event.id));
      assert.deepEqual(idsOf(events), ids.toSorted());
      assert.deepEqual(events.map(evidence).sort(), swallowed.map(evidence).sort());
      assert.ok(queued.every(({ event }) => event.mmreplay === 'lost-hour'));
      const listed = (await run.mmw('archive', 'list', ...range, '--json')).trim().split('\n');
      const inArchive = listed.map((line): string => JSON.parse(line).id).filter((id) => ofMessage.includes(id));
      const inOrder = events.map(({ event }) => event.id).filter((id) => ofMessage.includes(id));
      assert.deepEqual(inOrder, inArchive);
      return `its ${ids.length} events, each once with mmreplay, byte for byte as before and verified again; ${ofMessage.length} about one message in the order of the archive`;
    },
  },
  {
    claim: "mmw archive erase of a phone's events in that hour",
    prove: async (run) => {
      const { range, ids, ofPhone } = archivedHour();
      await run.mmw('archive', 'erase', '--phone', phone, ...range, '--yes', '--json');
      const rest = (await run.mmw('archive', 'list', ...range, '--json')).trim().split('\n');
      assert.deepEqual(
        rest
          .map((line) => JSON.parse(line).id)
          .filter((id) => ids.includes(id))
          .sort(),
        ids.filter((id) => !ofPhone.includes(id)).sort(),
      );
      assert.deepEqual(await listObjects(run, archivePrefixes.data), [], 'the data of the large event is still there');
      assert.equal((await verifyHour(run)).bad, 0);
      return `${ofPhone.length} of ${ids.length} events gone, with the data of the large one; the others still verify`;
    },
  },
];
