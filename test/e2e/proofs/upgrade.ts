import assert from 'node:assert/strict';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { archiveSettings, untilArchived } from '../archive.ts';
import type { Proof, Run } from '../proof.ts';
import { readKeys } from '../secret.ts';
import { expectAccepted, expectRefused, freshReport, receiveAll } from '../webhooks.ts';

/** Resources that hold data. Their physical ids must stay the same in every deployment. */
const stateful = new Set([
  'AWS::SQS::Queue',
  'AWS::SecretsManager::Secret',
  'AWS::S3::Bucket',
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
]);

async function statefulIds({ stack }: Run): Promise<string[]> {
  const resources = (await stack.resources()).filter(({ type }) => stateful.has(type));
  return resources.map(({ logicalId, physicalId }) => `${logicalId}: ${physicalId}`).sort();
}

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000);

export const upgrade: Proof = {
  claim: 'customerManagedKey, archiveDays and timestampToleranceSeconds=7200, switched on under traffic',
  prove: async (run) => {
    const waiting = freshReport(run, run.firstKey, secondsAgo(8_000));
    const id = await expectAccepted(run, waiting);
    const before = { outputs: run.stack.outputs, ids: await statefulIds(run), keyring: await readKeys(run) };
    const traffic = startTraffic(run);
    await run.deploy({ ...archiveSettings, timestampToleranceSeconds: '7200' });
    const accepted = await traffic.stop();
    const last = await expectAccepted(run, freshReport(run, run.firstKey));

    const ids = await statefulIds(run);
    assert.deepEqual(
      [pick(run.stack.outputs, before.outputs), ids.filter((name) => before.ids.includes(name)), await readKeys(run)],
      [before.outputs, before.ids, before.keyring],
    );
    const { Attributes } = await run.clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: run.stack.queueUrl, AttributeNames: ['KmsMasterKeyId'] }),
    );
    assert.ok(Attributes?.KmsMasterKeyId, 'the queue has no key');
    const order = [id, ...accepted, last];
    const events = await receiveAll(run);
    assert.ok(events.every(({ reverified }) => reverified));
    assert.deepEqual(events.map(({ event }) => event.id).sort(), order.toSorted());
    const found = new Set((await untilArchived(run, [last])).map(({ event }) => event.id));
    const since = order.slice(order.findIndex((one) => found.has(one)));
    const archived = new Set((await untilArchived(run, since)).map(({ event }) => event.id));
    assert.deepEqual([...archived].sort(), since.toSorted());
    await expectRefused(run, freshReport(run, run.firstKey, secondsAgo(8_000)), 'stale_date');
    return `same URL, keys, and ids of all ${before.ids.length} resources with data; ${accepted.length} webhooks meanwhile: each answered 202 and on the queue once; each of the last ${since.length} in the archive; one of 8,000 s ago is refused now`;
  },
};

/** Of all outputs, those that were there before. */
const pick = (outputs: Readonly<Record<string, string>>, before: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.keys(before).map((name) => [name, outputs[name]]));

/** Sends one webhook after another. `stop` returns the ids that were answered, and throws if one was not accepted. */
function startTraffic(run: Run): { stop(): Promise<string[]> } {
  const ids: string[] = [];
  let stopped = false;
  const send = async () => {
    while (!stopped) ids.push(await expectAccepted(run, freshReport(run, run.firstKey)));
  };
  const sent = send();
  // `stop` reports the error, because nobody would handle it before.
  sent.catch(() => {});
  return {
    stop: async () => {
      stopped = true;
      await sent;
      return ids;
    },
  };
}
