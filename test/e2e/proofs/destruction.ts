import assert from 'node:assert/strict';
import { keyringOf } from '../../support.ts';
import { bucketOf } from '../archive.ts';
import type { Proof } from '../proof.ts';
import { readKeys } from '../secret.ts';
import { describeFates, type Resource } from '../stack.ts';
import { expectAccepted, expectOnQueue, freshReport } from '../webhooks.ts';

/** What `cdk destroy` left. */
export let left: readonly Resource[] = [];

export const destruction: Proof = {
  claim: 'stack deleted, as cdk destroy does',
  prove: async (run) => {
    const { clients, stack } = run;
    const waiting = freshReport(run, run.secondKey);
    const id = await expectAccepted(run, waiting);
    const stackId = await stack.id();
    const queues = (await stack.resources()).filter(({ type }) => type === 'AWS::SQS::Queue');
    await run.cdk.destroy();

    const fates = await describeFates(clients.cloudFormation, stackId);
    const idsOf = (status: string) => fates.filter((fate) => fate.status === status).map((fate) => fate.physicalId);
    const [kept, deleted] = [idsOf('DELETE_SKIPPED'), idsOf('DELETE_COMPLETE')];
    assert.equal(kept.length + deleted.length, fates.length, 'some resource is neither kept nor deleted');
    assert.equal(queues.length, 4, 'queue, archive, and the dead letters of both');
    for (const keeper of [
      ...queues.map(({ physicalId }) => physicalId),
      stack.keyringSecretId,
      stack.overflowBucket,
      bucketOf(run),
    ]) {
      assert.ok(kept.includes(keeper), `${keeper} was not kept`);
    }
    left = fates.filter(({ status }) => status === 'DELETE_SKIPPED');
    assert.equal((await stack.send(waiting)).status, 404, 'the URL still answers');

    await expectOnQueue(run, waiting, id);
    const { keyring } = await readKeys(run);
    assert.equal(keyring, keyringOf(run.firstKey, run.secondKey), 'the keyring has other keys');
    return `${deleted.length} resources deleted, ${kept.length} kept: queues with their messages, large data, archive, and keyring with its keys`;
  },
};
