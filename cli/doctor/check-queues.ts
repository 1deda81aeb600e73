import { connectSqs } from '../places.ts';
import { countMessages } from '../queue/queues.ts';
import { type Finding, issue } from './report.ts';

/** Do both queues exist, and does a consumer read them? */
export async function checkQueues(stack: string, queueUrl: string, deadLetterQueueUrl: string): Promise<Finding[]> {
  const client = connectSqs(queueUrl);
  const counts = async (url: string) => {
    try {
      return await countMessages(client, url);
    } catch (error) {
      if (error instanceof Error && /NonExistentQueue|QueueDoesNotExist/.test(error.name)) return undefined;
      throw error;
    }
  };
  const [queue, dead] = await Promise.all([counts(queueUrl), counts(deadLetterQueueUrl)]);
  if (queue === undefined || dead === undefined) {
    const restore = `npx mmw queue restore --stack ${stack}`;
    return [issue('error', 'queue', 'A queue does not exist any more', 'Webhooks are answered with 503.', restore)];
  }
  const findings: Finding[] = [`Queue: ${queue.waiting} waiting, ${queue.inFlight} in flight`];
  if (dead.waiting > 0) {
    const look = `npx mmw queue peek --dead-letters --stack ${stack}`;
    findings.push(
      issue(
        'warning',
        'queue',
        `${dead.waiting} dead letters`,
        'No consumer could handle them in all their tries.',
        look,
      ),
    );
  }
  if (queue.waiting > 0 && queue.inFlight === 0) {
    const start = 'Start a consumer, or find out why it does not receive.';
    findings.push(issue('warning', 'queue', 'Events wait, and none is in flight', 'There may be no consumer.', start));
  }
  return findings;
}
