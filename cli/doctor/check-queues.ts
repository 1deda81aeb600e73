import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { outputs } from '../../lambda/stack-outputs.ts';
import { counted } from '../../terminal/text.ts';
import { watched } from '../aws.ts';
import { connectS3, connectSqs } from '../places.ts';
import { type Counts, countMessages, isMissingQueue, queueNameIn, readRedrivePolicy } from '../queue/queues.ts';
import { type Checkup, type Finding, problem } from './checkup.ts';

type Findings = AsyncGenerator<Finding, void>;

/** A queue and its dead-letter queue: what they hold, `gone`, or `none` if there is no other. */
interface Pair {
  queue: Counts | 'gone';
  dead: Counts | 'gone' | 'none';
  /** Whether the queue moves events to the other. */
  isLinked: boolean;
}

/** @param made dead-letter queue that the stack made, if it did */
async function look(url: string, made?: string): Promise<Pair> {
  const client = connectSqs(url);
  const unlessGone = <Result>(call: Promise<Result>) =>
    call.catch((error: unknown) => {
      if (isMissingQueue(error)) return 'gone' as const;
      throw error;
    });
  const [queue, policy] = await Promise.all([
    unlessGone(countMessages(client, url)),
    unlessGone(readRedrivePolicy(client, url)),
  ]);
  const name = policy === 'gone' ? undefined : policy.deadLetterTargetArn?.split(':')[5];
  // SQS wants both in one region and account.
  const deadUrl = name === undefined ? made : url.slice(0, url.lastIndexOf('/') + 1) + name;
  const dead = deadUrl === undefined ? 'none' : await unlessGone(countMessages(client, deadUrl));
  return { queue, dead, isLinked: name !== undefined };
}

/** Do both queues exist, and does a consumer read them? */
export async function* checkQueues({ stack, output, outputOf }: Checkup): Findings {
  const { queue, dead, isLinked } = await look(output(outputs.queueUrl), outputOf(outputs.deadLetterQueueUrl));
  const restore = `npx mmw queue restore --stack ${stack}`;
  if (queue === 'gone') {
    return yield problem.error('The queue does not exist any more', 'Webhooks are answered with 503.', restore);
  }
  yield `Queue: ${queue.waiting} waiting, ${queue.inFlight} in flight`;
  if (dead === 'gone') {
    const what = 'Events that no consumer can handle have nowhere to go.';
    yield problem.warning('The dead-letter queue does not exist any more', what, restore);
  } else if (dead !== 'none' && dead.waiting > 0) {
    const what = 'No consumer could handle them in all their tries.';
    const peek = `npx mmw queue peek --dead-letters --stack ${stack}`;
    yield problem.warning(counted(dead.waiting, 'dead letter'), what, peek);
  }
  if (dead !== 'none' && !isLinked) {
    const what = 'An event that no consumer can handle is tried for 14 days, and then deleted.';
    yield problem.warning('The queue has lost its redrive policy', what, 'npx cdk deploy --revert-drift');
  }
  if (queue.waiting > 0 && queue.inFlight === 0) {
    const start = 'Start a consumer, or find out why it does not receive.';
    yield problem.warning('Events wait, and none is in flight', 'There may be no consumer.', start);
  }
}

/** Do the queues of the archive exist, and are its dead letters none? */
export async function* checkArchive({ stack, outputOf }: Checkup): Findings {
  const url = outputOf(outputs.archiveQueueUrl);
  if (url === undefined) return;
  const { queue, dead } = await look(url);
  if (queue === 'gone' || dead === 'gone') {
    const what = 'Events that no stream accepts are not archived.';
    const restore = `npx mmw queue restore --stack ${stack}`;
    return yield problem.warning('A queue of the archive does not exist any more', what, restore);
  }
  if (dead === 'none' || dead.waiting === 0) return yield 'The queue of the archive has no dead letters';
  const title = `${counted(dead.waiting, 'event')} could not be archived in 50 tries`;
  const mend = 'Redrive them when the cause is mended, see docs/operations.md#archive-dead-letters';
  yield problem.warning(title, 'They are deleted 14 days after they arrived.', mend);
}

/** Does a Lambda function consume the queue? Consumers that call SQS themselves cannot be seen. */
export async function* checkConsumers({ output }: Checkup): Findings {
  const { EventSourceMappings = [] } = await watched(new LambdaClient()).send(
    new ListEventSourceMappingsCommand({ EventSourceArn: output(outputs.queueArn) }),
  );
  const names = (mappings: typeof EventSourceMappings) =>
    mappings.map(({ FunctionArn = '' }) => FunctionArn.split(':')[6]).join(', ');
  const asleep = EventSourceMappings.filter(({ State }) => State === 'Disabled' || State === 'Disabling');
  const awake = EventSourceMappings.filter((mapping) => !asleep.includes(mapping));
  if (awake.length > 0) return yield `Consumer: ${names(awake)}`;
  if (asleep.length > 0) {
    const enable = `aws lambda update-event-source-mapping --enabled --uuid ${asleep[0]?.UUID}`;
    return yield problem.warning('The consumer is switched off', `${names(asleep)} gets no events.`, enable);
  }
  const others = 'This check cannot see a consumer that calls SQS itself.';
  yield problem.info('No Lambda function consumes the queue', others, 'See docs/events.md.');
}

/** Is the bucket for the data of large events there? */
export async function* checkBucket({ output }: Checkup): Findings {
  const Bucket = output(outputs.overflowBucketName);
  try {
    await connectS3().send(new HeadBucketCommand({ Bucket }));
    yield 'The bucket for large events is there';
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status !== 404) throw error;
    const mend = 'Create it again, see docs/operations.md#storage-failures';
    yield problem.error(`Bucket ${Bucket} does not exist`, 'Events that are too large for SQS are lost.', mend);
  }
}

const day = 24 * 60 * 60;
const age = {
  queue: { Namespace: 'AWS/SQS', MetricName: 'ApproximateAgeOfOldestMessage', dimension: 'QueueName', keeps: 14 * day },
  stream: {
    ...{ Namespace: 'AWS/Firehose', MetricName: 'DeliveryToS3.DataFreshness' },
    ...{ dimension: 'DeliveryStreamName', keeps: day },
  },
};
/** In seconds. As the alarms on the same metrics. */
const longest = 60 * 60;

/** How long has the oldest event waited in each queue and stream? */
export async function* checkAges({ stack, output, outputOf, resources }: Checkup): Findings {
  const stats = `Start a consumer, or find out why it is slow. To see: npx mmw queue stats --stack ${stack}`;
  const runbook = 'See docs/operations.md#archive-delayed.';
  const archive = outputOf(outputs.archiveQueueUrl);
  const streams = (await resources()).filter(({ type }) => type === 'AWS::KinesisFirehose::DeliveryStream');
  const aged = await measure([
    { ...age.queue, words: 'the queue', name: queueNameIn(output(outputs.queueUrl)), mend: stats },
    ...(archive
      ? [{ ...age.queue, words: 'the queue of the archive', name: queueNameIn(archive), mend: runbook }]
      : []),
    ...streams.map(({ id }) => ({ ...age.stream, words: `stream ${id}`, name: id, mend: runbook })),
  ]);
  const late = aged.filter(({ seconds = 0 }) => seconds >= longest);
  for (const { words, keeps, mend, seconds = 0 } of late) {
    const title = `The oldest event in ${words} has waited ${hours(seconds)} hours`;
    // What is deleted within a day is as good as lost.
    const isUrgent = seconds > keeps - day && seconds > keeps / 2;
    yield problem[isUrgent ? 'error' : 'warning'](title, `It is deleted after ${hours(keeps)} hours.`, mend);
  }
  if (late.length > 0) return;
  const silent = aged.filter(({ seconds }) => seconds === undefined).map(({ words }) => words);
  const unknown = silent.length > 0 ? `CloudWatch has nothing of ${silent.join(', ')}` : '';
  const known = aged.length - silent.length;
  if (known === 0) return yield problem.info('How long events have waited is not known', `${unknown}.`, '');
  const places = counted(known, 'queue or stream', 'queues and streams');
  yield `No event has waited an hour in ${places}${unknown && ` (${unknown})`}`;
}

interface Place {
  Namespace: string;
  MetricName: string;
  dimension: string;
  name: string;
}

/** @returns the places with the age of their oldest event, where CloudWatch has one */
async function measure<Given extends Place>(places: readonly Given[]): Promise<(Given & { seconds?: number })[]> {
  const now = Date.now();
  const { MetricDataResults = [] } = await watched(new CloudWatchClient()).send(
    new GetMetricDataCommand({
      MetricDataQueries: places.map(({ Namespace, MetricName, dimension, name }, index) => ({
        Id: `m${index}`,
        MetricStat: {
          Metric: { Namespace, MetricName, Dimensions: [{ Name: dimension, Value: name }] },
          ...{ Period: 300, Stat: 'Maximum' },
        },
      })),
      ...{ StartTime: new Date(now - 20 * 60_000), EndTime: new Date(now) },
    }),
  );
  // The newest value comes first. There is none for what nobody calls, nor for a queue of another account.
  return places.map((place, index) => {
    const seconds = MetricDataResults.find(({ Id }) => Id === `m${index}`)?.Values?.[0];
    return { ...place, ...(seconds !== undefined && { seconds }) };
  });
}

function hours(seconds: number): number {
  return Math.round(seconds / 360) / 10;
}
