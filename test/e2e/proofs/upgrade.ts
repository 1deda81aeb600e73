import assert from 'node:assert/strict';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { Proof, Run } from '../proof.ts';
import { readKeys } from '../secret.ts';
import { expectAccepted, expectOnQueue, expectQueued, expectRefused, freshReport, receiveAll } from '../webhooks.ts';

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

export const upgrade: Proof[] = [
  {
    claim: 'redeployed with timestampToleranceSeconds=600',
    prove: async (run) => {
      const waiting = freshReport(run, run.firstKey, secondsAgo(700));
      const id = await expectAccepted(run, waiting);
      const before = { outputs: run.stack.outputs, ids: await statefulIds(run), keyring: await readKeys(run) };
      await run.deploy({ timestampToleranceSeconds: '600' });
      const after = { outputs: run.stack.outputs, ids: await statefulIds(run), keyring: await readKeys(run) };
      assert.deepEqual(after, before);
      await expectOnQueue(run, waiting, id);
      return `same URL, same ids of all ${after.ids.length} resources with data, same keys, and the message that was waiting`;
    },
  },
  {
    claim: 'webhook of 700 s ago',
    prove: async (run) => {
      await expectRefused(run, freshReport(run, run.firstKey, secondsAgo(700)), 'stale_date');
      await expectQueued(run, freshReport(run, run.firstKey, secondsAgo(500)));
      return 'accepted before, refused now, so the new setting is in force; one of 500 s ago is accepted';
    },
  },
  {
    claim: 'customerManagedKey=true, switched on under traffic',
    prove: async (run) => {
      const traffic = startTraffic(run);
      await run.deploy({ customerManagedKey: 'true' });
      const accepted = await traffic.stop();
      const { Attributes } = await run.clients.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: run.stack.queueUrl, AttributeNames: ['KmsMasterKeyId'] }),
      );
      assert.ok(Attributes?.KmsMasterKeyId, 'the queue has no key');
      const events = await receiveAll(run);
      assert.ok(events.every(({ reverified }) => reverified));
      assert.deepEqual(events.map(({ event }) => event.id).sort(), accepted.sort());
      return `${accepted.length} webhooks meanwhile: each answered 202, each on the queue once`;
    },
  },
];

/** Sends one webhook after another. `stop` returns the ids that were answered, and throws if one was not accepted. */
export function startTraffic(run: Run): { stop(): Promise<string[]> } {
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
