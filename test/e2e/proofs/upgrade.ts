import assert from 'node:assert/strict';
import type { Proof, Run } from '../proof.ts';
import { readKeys } from '../secret.ts';
import { expectAccepted, expectOnQueue, expectQueued, expectRefused, freshReport } from '../webhooks.ts';

/** What holds data: its physical id must outlive every deployment. */
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
      return 'taken before, refused now: the new setting is live; one of 500 s ago is taken';
    },
  },
];
