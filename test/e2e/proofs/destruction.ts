import assert from 'node:assert/strict';
import { DeleteBucketCommand, DeleteObjectCommand, HeadBucketCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { DeleteSecretCommand, DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { DeleteQueueCommand, GetQueueAttributesCommand, PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { keyringOf } from '../../support.ts';
import { bucketOf } from '../archive.ts';
import type { Proof } from '../proof.ts';
import { readKeys } from '../secret.ts';
import { describeFates, type Resource } from '../stack.ts';
import { expectAccepted, expectOnQueue, freshReport } from '../webhooks.ts';

/** What `cdk destroy` left. */
export let left: readonly Resource[] = [];

const queuesAmong = (resources: readonly Resource[]) =>
  resources.filter(({ type }) => type === 'AWS::SQS::Queue').map(({ physicalId }) => physicalId);

export const destruction: Proof[] = [
  {
    claim: 'cdk destroy',
    prove: async (run) => {
      const { clients, stack } = run;
      const waiting = freshReport(run, run.secondKey);
      const id = await expectAccepted(run, waiting);
      const stackId = await stack.id();
      const queues = queuesAmong(await stack.resources());
      await run.cdk.destroy();

      const fates = await describeFates(clients.cloudFormation, stackId);
      const idsOf = (status: string) => fates.filter((fate) => fate.status === status).map((fate) => fate.physicalId);
      const [kept, deleted] = [idsOf('DELETE_SKIPPED'), idsOf('DELETE_COMPLETE')];
      assert.equal(kept.length + deleted.length, fates.length, 'some resource is neither kept nor deleted');
      assert.equal(queues.length, 4, 'queue, archive, and the dead letters of both');
      for (const keeper of [...queues, stack.keyringSecretId, stack.overflowBucket, bucketOf(run)]) {
        assert.ok(kept.includes(keeper), `${keeper} was not kept`);
      }
      left = fates.filter(({ status }) => status === 'DELETE_SKIPPED');
      assert.equal((await stack.send(waiting)).status, 404, 'the URL still answers');

      await expectOnQueue(run, waiting, id);
      const { keyring } = await readKeys(run);
      assert.equal(keyring, keyringOf(run.firstKey, run.secondKey), 'the keyring has other keys');
      return `${deleted.length} resources deleted, ${kept.length} kept: queues with their messages, large data, archive, and keyring with its keys`;
    },
  },
  {
    claim: 'archive without its stack',
    prove: async (run) => {
      const report = JSON.parse(await run.mmw('archive', 'verify', '--bucket', bucketOf(run), '--json'));
      assert.ok(report.events > 0 && report.bad === 0, JSON.stringify(report));
      return `mmw archive verify with its bucket alone: ${report.events} lines, none bad`;
    },
  },
];

export const removal: Proof[] = [
  {
    claim: 'what was kept, emptied and deleted by hand',
    prove: async (run) => {
      const {
        clients: { s3, sqs, secrets },
        stack,
      } = run;
      for (const QueueUrl of queuesAmong(left)) {
        await sqs.send(new PurgeQueueCommand({ QueueUrl }));
        await sqs.send(new DeleteQueueCommand({ QueueUrl }));
        await assert.rejects(sqs.send(new GetQueueAttributesCommand({ QueueUrl })), {
          name: /NonExistentQueue|QueueDoesNotExist/,
        });
      }
      for (const Bucket of [stack.overflowBucket, bucketOf(run)]) {
        for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket })) {
          await Promise.all(Contents.map(({ Key }) => s3.send(new DeleteObjectCommand({ Bucket, Key }))));
        }
        await s3.send(new DeleteBucketCommand({ Bucket }));
        await assert.rejects(s3.send(new HeadBucketCommand({ Bucket })));
      }
      const SecretId = stack.keyringSecretId;
      await secrets.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
      await assert.rejects(secrets.send(new DescribeSecretCommand({ SecretId })), {
        name: 'ResourceNotFoundException',
      });
      return 'queues, buckets and the keyring are gone';
    },
  },
];
