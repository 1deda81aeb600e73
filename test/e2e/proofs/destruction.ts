import assert from 'node:assert/strict';
import { DeleteBucketCommand, DeleteObjectCommand, HeadBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { DeleteSecretCommand, DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { DeleteQueueCommand, GetQueueAttributesCommand, PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { keyringOf } from '../../support.ts';
import type { Proof } from '../proof.ts';
import { readKeys } from '../secret.ts';
import { describeFates } from '../stack.ts';
import { expectAccepted, expectOnQueue, freshReport } from '../webhooks.ts';

export const destruction: Proof[] = [
  {
    claim: 'cdk destroy',
    prove: async (run) => {
      const { clients, stack } = run;
      const waiting = freshReport(run, run.secondKey);
      const id = await expectAccepted(run, waiting);
      const stackId = await stack.id();
      await run.cdk.destroy();

      const fates = await describeFates(clients.cloudFormation, stackId);
      const idsOf = (status: string) => fates.filter((fate) => fate.status === status).map((fate) => fate.physicalId);
      const [kept, deleted] = [idsOf('DELETE_SKIPPED'), idsOf('DELETE_COMPLETE')];
      assert.equal(kept.length + deleted.length, fates.length, 'some resource is neither kept nor deleted');
      for (const keeper of [stack.queueUrl, stack.deadLetterQueueUrl, stack.keyringSecretId, stack.overflowBucket]) {
        assert.ok(kept.includes(keeper), `${keeper} was not kept`);
      }
      assert.equal((await stack.send(waiting)).status, 404, 'the URL still answers');

      await expectOnQueue(run, waiting, id);
      const { keyring } = await readKeys(run);
      assert.equal(keyring, keyringOf(run.firstKey, run.secondKey), 'the keyring has other keys');
      return `${deleted.length} resources deleted, ${kept.length} kept: queues with their messages, large data, and keyring with its keys`;
    },
  },
  {
    claim: 'what was kept, emptied and deleted by hand',
    prove: async ({ clients: { s3, sqs, secrets }, stack }) => {
      for (const QueueUrl of [stack.queueUrl, stack.deadLetterQueueUrl]) {
        await sqs.send(new PurgeQueueCommand({ QueueUrl }));
        await sqs.send(new DeleteQueueCommand({ QueueUrl }));
        await assert.rejects(sqs.send(new GetQueueAttributesCommand({ QueueUrl })), {
          name: /NonExistentQueue|QueueDoesNotExist/,
        });
      }
      const Bucket = stack.overflowBucket;
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
      for (const { Key } of Contents) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
      await s3.send(new DeleteBucketCommand({ Bucket }));
      await assert.rejects(s3.send(new HeadBucketCommand({ Bucket })));
      const SecretId = stack.keyringSecretId;
      await secrets.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
      await assert.rejects(secrets.send(new DescribeSecretCommand({ SecretId })), {
        name: 'ResourceNotFoundException',
      });
      return 'both queues, the bucket and the keyring are gone';
    },
  },
];
