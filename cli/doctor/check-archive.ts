import { GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { counted } from '../../terminal/text.ts';
import { connectSqs } from '../places.ts';
import { countMessages, isMissingQueue, readRedrivePolicy } from '../queue/queues.ts';
import { type Finding, issue } from './report.ts';

/** Is the queue of the archive there, and are its dead letters none? */
export async function checkArchive(queueUrl: string | undefined): Promise<Finding[]> {
  if (queueUrl === undefined) return [];
  const client = connectSqs(queueUrl);
  try {
    const { deadLetterTargetArn: arn = '' } = await readRedrivePolicy(client, queueUrl);
    const { QueueUrl = '' } = await client.send(new GetQueueUrlCommand({ QueueName: arn.split(':')[5] }));
    const { waiting } = await countMessages(client, QueueUrl);
    if (waiting === 0) return ['The queue of the archive has no dead letters'];
    const title = `${counted(waiting, 'event')} could not be archived in 50 tries`;
    const mend = 'Redrive them when the cause is mended, see docs/operations.md#archive-dead-letters';
    return [issue.warning('archive', title, 'They are deleted 14 days after they arrived.', mend)];
  } catch (error) {
    if (!isMissingQueue(error)) throw error;
    const what = 'Events that no stream accepts are not archived.';
    return [
      issue.warning('archive', 'A queue of the archive does not exist any more', what, 'npx cdk drift names it.'),
    ];
  }
}
