import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { namePlace } from '../aws.ts';
import { type Finding, issue } from './report.ts';

/** Is there a Lambda function behind the queue? Consumers that receive by themselves cannot be seen. */
export async function checkConsumers(queueArn: string): Promise<Finding[]> {
  const { EventSourceMappings = [] } = await namePlace(new LambdaClient()).send(
    new ListEventSourceMappingsCommand({ EventSourceArn: queueArn }),
  );
  const names = (mappings: typeof EventSourceMappings) =>
    mappings.map(({ FunctionArn = '' }) => FunctionArn.split(':')[6]).join(', ');
  const asleep = EventSourceMappings.filter(({ State }) => State === 'Disabled' || State === 'Disabling');
  const awake = EventSourceMappings.filter((mapping) => !asleep.includes(mapping));
  if (awake.length > 0) return [`Consumer: ${names(awake)}`];
  if (asleep.length > 0) {
    const enable = `aws lambda update-event-source-mapping --enabled --uuid ${asleep[0]?.UUID}`;
    return [issue('warning', 'queue', 'The consumer is switched off', `${names(asleep)} gets no events.`, enable)];
  }
  const others = 'A consumer that receives from SQS by itself cannot be seen from here.';
  return [issue('info', 'queue', 'No Lambda function consumes the queue', others, 'See docs/events.md.')];
}
