import { Duration } from 'aws-cdk-lib';
import { Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { keysEvery } from '../archive/archive-function.ts';
import {
  deadLetterWatches,
  failures,
  type MonitoringProps,
  scheduleOptions,
  standstillOf,
  type Watch,
} from './watch.ts';

/** Twelve times as long as Firehose and Lambda collect events. Firehose keeps what it cannot deliver for 24 hours. */
const longestDelay = Duration.hours(1);

/** What can go wrong with an archive, one alarm for each metric. */
export function archiveWatches({ receiver }: MonitoringProps): Watch[] {
  const { archive } = receiver;
  if (!archive) return [];
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
    const watch = delayed(words.join(''), `Events of type ${type}`, archive.streams.metricDataFreshness(type, maximum));
    // Firehose has an age only while events wait.
    return { ...watch, options: { ...watch.options, treatMissingData: TreatMissingData.NOT_BREACHING } };
  });
  const metric = receiver.metricArchiveFailed(failures);
  const failed = { id: 'ArchiveFailed', meaning: 'Events that were queued could not be archived', metric };
  const dead = 'Some events could not be archived in 50 tries';
  return [
    failed,
    ...streams,
    delayed('Queue', 'Events that no stream accepted', archive.queue.metricApproximateAgeOfOldestMessage(maximum)),
    ...deadLetterWatches('Archive', dead, 'archive-dead-letters', archive.deadLetterQueue),
    {
      id: 'ArchiveKeysFailed',
      meaning: `The public keys could not be archived for ${standstillOf(keysEvery).toMinutes()} minutes`,
      ...scheduleOptions(archive.function, keysEvery),
    },
  ];
}
