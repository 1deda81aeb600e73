import assert from 'node:assert/strict';
import { DeleteStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { outputs } from '../../../lambda/stack-outputs.ts';
import { archiveSettings } from '../archive.ts';
import type { Proof } from '../proof.ts';
import { readKeys } from '../secret.ts';
import { describeFates, type Resource } from '../stack.ts';
import { expectQueued, freshReport } from '../webhooks.ts';
import { left } from './destruction.ts';

/** How CloudFormation identifies a resource that is imported. */
const identifiers: Record<string, string> = {
  'AWS::SQS::Queue': 'QueueUrl',
  'AWS::SecretsManager::Secret': 'Id',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::KMS::Key': 'KeyId',
};

/** Only reconciliation, which is not switched on again, had them. */
const isWanted = ({ logicalId }: Resource) => logicalId !== 'ApiCredentials';

export const restoration: Proof = {
  claim: 'deleted stack, made again by cdk import and cdk deploy',
  prove: async (run) => {
    const { sqs } = run.clients;
    const { outputs: before, queueUrl: QueueUrl } = run.stack;
    const { keyring } = await readKeys(run);
    const waiting = { MessageBody: 'waiting', MessageGroupId: 'waiting', MessageDeduplicationId: 'waiting' };
    await sqs.send(new SendMessageCommand({ QueueUrl, ...waiting }));

    const imported = left.filter(isWanted);
    const mapping = imported.map(({ logicalId, type, physicalId }) => {
      const name = identifiers[type];
      assert.ok(name, `${logicalId} is a ${type}, and the page does not say how to import one`);
      return [logicalId, { [name]: physicalId }] as const;
    });
    await run.cdk.import(Object.fromEntries(mapping), archiveSettings);
    await run.deploy(archiveSettings);

    for (const { logicalId, physicalId } of imported) {
      const now = (await run.stack.resources()).find((resource) => resource.logicalId === logicalId);
      assert.equal(now?.physicalId, physicalId, `${logicalId} is another`);
    }
    assert.equal((await readKeys(run)).keyring, keyring, 'the keyring has other keys');
    const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    assert.equal(message?.Body, waiting.MessageBody, 'the message that was waiting is gone');
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
    await expectQueued(run, freshReport(run, run.secondKey));
    assert.notEqual(run.stack.outputs[outputs.callbackUrl], before[outputs.callbackUrl]);
    await run.cdk.destroy();
    return `the same ${imported.length} resources, with the message that was waiting and the keys; another URL`;
  },
};

export const failedDeployment: Proof = {
  claim: 'first deployment that fails, with more reservedConcurrency than the account has',
  prove: async ({ cdk, clients: { cloudFormation } }) => {
    const StackName = 'Failing';
    await assert.rejects(cdk.update({ stackName: StackName, customerManagedKey: 'true', reservedConcurrency: '5000' }));
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
    const id = Stacks?.[0]?.StackId ?? '';
    const fates = await describeFates(cloudFormation, id);
    await cloudFormation.send(new DeleteStackCommand({ StackName }));
    const withStatus = (status: string) => fates.filter((fate) => fate.status === status);
    assert.deepEqual(
      withStatus('CREATE_FAILED').map(({ type }) => type),
      ['AWS::Lambda::Function'],
    );
    const deleted = withStatus('DELETE_COMPLETE');
    const types = new Set(deleted.map(({ type }) => type));
    assert.deepEqual(
      Object.keys(identifiers).filter((type) => !types.has(type)),
      [],
      'they were not deleted',
    );
    assert.equal(deleted.length, fates.length - 1, 'something is left');
    return `${deleted.length} resources deleted, nothing left: no queue, secret, bucket or KMS key`;
  },
};
