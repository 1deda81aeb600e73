import { Duration } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { MonitoringProps } from './monitoring-props.ts';
import type { Watch } from './watch.ts';

/** Twelve times as long as Firehose and Lambda collect events. Firehose keeps what it cannot deliver for 24 hours. */
const longestDelay = Duration.hours(1);

/** What can go wrong with an archive, one alarm for each metric. */
export function archiveWatches({ receiver }: MonitoringProps): Watch[] {
  const { archive } = receiver;
  if (!archive) return [];
  const sum = { statistic: Stats.SUM, period: Duration.minutes(5) };
  const maximum = { statistic: Stats.MAXIMUM, period: Duration.minutes(5) };
  const delayed = (what: string, of: string, metric: Watch['metric']): Watch => ({
    id: `ArchiveDelayed${what}`,
    meaning: `${of} have waited an hour to be archived`,
    metric,
    options: { threshold: longestDelay.toSeconds() },
    section: 'archive-delayed',
  });
  const streams = archive.streams.types.map((type) => {
    const words = type.split('_').map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
    return delayed(words.join(''), `Events of type ${type}`, archive.streams.metricDataFreshness(type, maximum));
  });
  return [
    {
      id: 'ArchiveFailed',
      meaning: 'Events that were queued could not be archived',
      metric: receiver.metricArchiveFailed(sum),
    },
    ...streams,
    delayed('Queue', 'Events that no stream accepted', archive.queue.metricApproximateAgeOfOldestMessage(maximum)),
    {
      id: 'ArchiveDeadLetters',
      meaning: 'Some events could not be archived in 50 tries',
      metric: archive.deadLetterQueue.metricApproximateNumberOfMessagesVisible(maximum),
    },
    {
      id: 'ArchiveKeysFailed',
      meaning: 'The public keys could not be archived, or the archive function crashed',
      metric: archive.function.metricErrors(sum),
    },
  ];
}
