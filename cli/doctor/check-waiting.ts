import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { watched } from '../aws.ts';
import { type Finding, issue } from './report.ts';
import type { StackResource } from './stack-resources.ts';

const minute = 60_000;
/** In seconds. As the alarms on the same metrics. */
const longest = 60 * 60;
/** In seconds. SQS deletes an event after 14 days, Firehose after one. */
const retention = { queue: 14 * 24 * 60 * 60, stream: 24 * 60 * 60 };

/** Something in which events wait, with the metric of its oldest one. */
interface Place {
  words: string;
  namespace: string;
  metric: string;
  dimension: { Name: string; Value: string };
  keeps: number;
  mend: string;
}

/** How long has the oldest event waited in each queue and stream? */
export async function checkWaiting(
  stack: string,
  queueUrl: string,
  archiveQueueUrl: string | undefined,
  resources: readonly StackResource[],
  now: number,
): Promise<Finding[]> {
  const archive = 'See docs/operations.md#archive-delayed.';
  const places = [
    queueAt(
      queueUrl,
      'the queue',
      `Start a consumer, or find out why it is slow. To see: npx mmw queue stats --stack ${stack}`,
    ),
    ...(archiveQueueUrl === undefined ? [] : [queueAt(archiveQueueUrl, 'the queue of the archive', archive)]),
    ...resources
      .filter(({ type }) => type === 'AWS::KinesisFirehose::DeliveryStream')
      .map(
        ({ id }): Place => ({
          ...{ words: `stream ${id}`, namespace: 'AWS/Firehose', metric: 'DeliveryToS3.DataFreshness' },
          ...{ dimension: { Name: 'DeliveryStreamName', Value: id }, keeps: retention.stream, mend: archive },
        }),
      ),
  ];
  const ages = await measure(places, now);
  const late = places.flatMap(({ words, keeps, mend }, index): Finding[] => {
    const age = ages.get(index) ?? 0;
    if (age < longest) return [];
    const title = `The oldest event in ${words} has waited ${hours(age)} hours`;
    // What is deleted within a day is as good as lost.
    const isUrgent = age > keeps - 24 * 60 * 60 && age > keeps / 2;
    return [issue[isUrgent ? 'error' : 'warning']('queue', title, `It is deleted after ${hours(keeps)} hours.`, mend)];
  });
  return late.length > 0 ? late : [`No event has waited an hour in ${places.length} queues and streams`];
}

function queueAt(url: string, words: string, mend: string): Place {
  const dimension = { Name: 'QueueName', Value: url.slice(url.lastIndexOf('/') + 1) };
  return {
    ...{ words, namespace: 'AWS/SQS', metric: 'ApproximateAgeOfOldestMessage' },
    ...{ dimension, keeps: retention.queue, mend },
  };
}

/** @returns seconds by the index of the place; nothing where there is no data, as for an empty queue that nobody calls */
async function measure(places: readonly Place[], now: number): Promise<ReadonlyMap<number, number>> {
  const queries = places.map(
    ({ namespace, metric, dimension }, index): MetricDataQuery => ({
      Id: `m${index}`,
      MetricStat: {
        Metric: { Namespace: namespace, MetricName: metric, Dimensions: [dimension] },
        ...{ Period: 300, Stat: 'Maximum' },
      },
    }),
  );
  const { MetricDataResults = [] } = await watched(new CloudWatchClient()).send(
    new GetMetricDataCommand({
      MetricDataQueries: queries,
      StartTime: new Date(now - 20 * minute),
      EndTime: new Date(now),
    }),
  );
  // The newest value comes first.
  return new Map(MetricDataResults.map(({ Id = '', Values: [newest = 0] = [] }) => [Number(Id.slice(1)), newest]));
}

function hours(seconds: number): number {
  return Math.round(seconds / 360) / 10;
}
