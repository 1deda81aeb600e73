import { GetQueueAttributesCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { Run } from './proof.ts';

/** Denies sending with the queue's own policy. @returns a function that restores the previous policy */
export async function closeQueue({ clients: { sqs }, stack: { queueUrl } }: Run): Promise<() => Promise<void>> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['Policy', 'QueueArn'] }),
  );
  const { Policy = '', QueueArn } = Attributes ?? {};
  const setPolicy = async (policy: string) => {
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { Policy: policy } }));
  };
  const document = JSON.parse(Policy);
  const denial = { Effect: 'Deny', Principal: '*', Action: 'sqs:SendMessage', Resource: QueueArn };
  await setPolicy(JSON.stringify({ ...document, Statement: [...document.Statement, denial] }));
  return () => setPolicy(Policy);
}
