import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { namePlace } from '../aws.ts';
import { type Finding, issue } from './report.ts';

/** Does a Lambda function consume the queue? Consumers that call SQS themselves cannot be seen. */
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
  const others = 'This check cannot see a consumer that calls SQS itself.';
  return [issue('info', 'queue', 'No Lambda function consumes the queue', others, 'See docs/events.md.')];
}
