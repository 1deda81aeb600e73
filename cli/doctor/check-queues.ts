import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { counted } from '../../terminal/text.ts';
import { watched } from '../aws.ts';
import { connectSqs } from '../places.ts';
import { countMessages, isMissingQueue } from '../queue/queues.ts';
import { type Finding, issue } from './report.ts';

/** Do both queues exist, and does a consumer read them? */
export async function checkQueues(stack: string, queueUrl: string, deadLetterQueueUrl: string): Promise<Finding[]> {
  const client = connectSqs(queueUrl);
  const counts = async (url: string) => {
    try {
      return await countMessages(client, url);
    } catch (error) {
      if (isMissingQueue(error)) return undefined;
      throw error;
    }
  };
  const [queue, dead] = await Promise.all([counts(queueUrl), counts(deadLetterQueueUrl)]);
  if (queue === undefined || dead === undefined) {
    const restore = `npx mmw queue restore --stack ${stack}`;
    return [issue.error('queue', 'A queue does not exist any more', 'Webhooks are answered with 503.', restore)];
  }
  const findings: Finding[] = [`Queue: ${queue.waiting} waiting, ${queue.inFlight} in flight`];
  if (dead.waiting > 0) {
    const look = `npx mmw queue peek --dead-letters --stack ${stack}`;
    findings.push(
      issue.warning(
        'queue',
        counted(dead.waiting, 'dead letter'),
        'No consumer could handle them in all their tries.',
        look,
      ),
    );
  }
  if (queue.waiting > 0 && queue.inFlight === 0) {
    const start = 'Start a consumer, or find out why it does not receive.';
    findings.push(issue.warning('queue', 'Events wait, and none is in flight', 'There may be no consumer.', start));
  }
  return findings;
}

/** Does a Lambda function consume the queue? Consumers that call SQS themselves cannot be seen. */
export async function checkConsumers(queueArn: string): Promise<Finding[]> {
  const { EventSourceMappings = [] } = await watched(new LambdaClient()).send(
    new ListEventSourceMappingsCommand({ EventSourceArn: queueArn }),
  );
  const names = (mappings: typeof EventSourceMappings) =>
    mappings.map(({ FunctionArn = '' }) => FunctionArn.split(':')[6]).join(', ');
  const asleep = EventSourceMappings.filter(({ State }) => State === 'Disabled' || State === 'Disabling');
  const awake = EventSourceMappings.filter((mapping) => !asleep.includes(mapping));
  if (awake.length > 0) return [`Consumer: ${names(awake)}`];
  if (asleep.length > 0) {
    const enable = `aws lambda update-event-source-mapping --enabled --uuid ${asleep[0]?.UUID}`;
    return [issue.warning('queue', 'The consumer is switched off', `${names(asleep)} gets no events.`, enable)];
  }
  const others = 'This check cannot see a consumer that calls SQS itself.';
  return [issue.info('queue', 'No Lambda function consumes the queue', others, 'See docs/events.md.')];
}
