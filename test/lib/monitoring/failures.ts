import { certificate, type Failure, outage } from './week.ts';

/** A failure, and the alarm that must tell of it. */
export interface Told extends Failure {
  /** As docs/operations.md says it. */
  name: string;
  alarm: string;
  /** Alarms that may go off with it. */
  also?: readonly string[];
  /** When it shows, in minutes since the outage began, if not with the first webhook. */
  shows?: number;
  /** Webhooks a day below which it cannot be. */
  atLeast?: number;
}

const length = outage.to - outage.from;
const custom = (name: string) => `MessageMediaWebhooks ${name} Test/Receiver`;
const dead = 'AWS/SQS ApproximateNumberOfMessagesVisible';
const looked = 'AWS/SQS ApproximateNumberOfMessagesNotVisible';
const serverErrors = ['ServerErrors'];

/** Puts a value every so many minutes. */
function each(step: number, value: (minute: number) => number, key: string): Failure['record'] {
  return (put) => {
    for (let minute = 0; minute < length; minute += step) put(key, minute, value(minute));
  };
}

const bothQueues = (queue: string): Failure['record'] => {
  return (put) => {
    for (let minute = 0; minute < length; minute++) {
      // One, and a second after a day. After two days somebody looks at them for ten minutes.
      const letters = minute < 1440 ? 1 : 2;
      const looking = minute >= 2880 && minute < 2890 ? letters : 0;
      put(`${dead} ${queue}`, minute, letters - looking);
      put(`${looked} ${queue}`, minute, looking);
    }
    for (let minute = length; minute < length + 360; minute++) {
      put(`${dead} ${queue}`, minute, 0);
      put(`${looked} ${queue}`, minute, 0);
    }
  };
};

export const failures: readonly Told[] = [
  {
    name: 'MessageMedia signs with a key that the keyring does not hold',
    alarm: 'RefusedWebhooks',
    webhook: 'refused',
  },
  { name: 'no key is enabled at MessageMedia', alarm: 'UnsignedRequests', webhook: 'unsigned' },
  { name: 'API Gateway may not invoke the function', alarm: 'ServerErrors', webhook: 'forbidden' },
  { name: 'the function crashes or times out', alarm: 'ServerErrors', webhook: 'crashed' },
  { name: 'Lambda has no concurrency left', alarm: 'ServerErrors', webhook: 'lambdaThrottled' },
  { name: 'SQS takes no events', alarm: 'EnqueueFailures', also: serverErrors, webhook: 'notQueued' },
  {
    name: 'S3 takes no data of large events',
    alarm: 'StorageFailures',
    also: serverErrors,
    webhook: 'notStored',
    onlyLarge: true,
  },
  { name: 'the keyring cannot be read', alarm: 'KeyringFailures', also: serverErrors, isKeyringBroken: true },
  { name: 'API Gateway throttles', alarm: 'RequestThrottles', webhook: 'throttled', atLeast: 100 },
  { name: 'a template is not rendered', alarm: 'UnidentifiedEvents', webhook: 'unidentified' },
  { name: 'a template is not JSON', alarm: 'UnreadableEvents', webhook: 'unreadable' },
  {
    name: 'the certificate is not renewed',
    alarm: 'CertificateExpiry',
    shows: 1440,
    // Two days are left, and then the metric ends.
    silences: ['DaysToExpiry'],
    record: (put) => {
      for (let half = 0; half < 4; half++)
        put(`AWS/CertificateManager DaysToExpiry ${certificate}`, half * 720, half < 2 ? 30 : 29);
    },
  },
  {
    name: 'no consumer is running',
    alarm: 'OldestEvent',
    record: each(1, (minute) => minute * 60, 'AWS/SQS ApproximateAgeOfOldestMessage EventQueue'),
  },
  {
    name: 'a consumer cannot handle an event',
    alarm: 'DeadLetters',
    also: ['MoreDeadLetters'],
    record: bothQueues('DeadLetterQueue'),
  },
  {
    name: 'a consumer cannot handle a further event',
    alarm: 'MoreDeadLetters',
    also: ['DeadLetters'],
    shows: 1440,
    record: bothQueues('DeadLetterQueue'),
  },
  {
    name: 'reconciliation fails',
    alarm: 'ReconciliationFailures',
    record: each(15, () => 1, 'AWS/Lambda Errors ReconciliationReconcileFunction'),
  },
  {
    name: 'reconciliation does not run',
    alarm: 'ReconciliationFailures',
    silences: ['ReconciliationReconcileFunction', 'Recovered', 'FullLists'],
  },
  {
    name: 'MessageMedia calls another URL',
    alarm: 'RecoveredEvents',
    also: ['Silence'],
    webhook: 'lost',
    record: each(15, () => 1, custom('Recovered')),
  },
  { name: 'a list of MessageMedia is full', alarm: 'HiddenEvents', record: each(15, () => 1, custom('FullLists')) },
  {
    name: 'a rotation fails, or is not begun',
    alarm: 'RotationFailures',
    silences: ['RotationFailed'],
    record: (put) => put('MessageMediaWebhooks RotationFailed Test/Rotation', 0, 1),
  },
  { name: 'an event cannot be archived', alarm: 'ArchiveFailed', webhook: 'notArchived' },
  {
    name: 'Firehose cannot write into the archive',
    alarm: 'ArchiveDelayedDeliveryReport',
    record: each(1, (minute) => minute * 60, 'AWS/Firehose DeliveryToS3.DataFreshness ArchiveStreamsdeliveryreport'),
  },
  {
    name: 'the queue of the archive is not emptied',
    alarm: 'ArchiveDelayedQueue',
    record: each(1, (minute) => minute * 60, 'AWS/SQS ApproximateAgeOfOldestMessage ArchiveQueue'),
  },
  {
    name: 'a queued event cannot be archived',
    alarm: 'ArchiveDeadLetters',
    also: ['ArchiveMoreDeadLetters'],
    record: bothQueues('ArchiveDeadLetterQueue'),
  },
  {
    name: 'the public keys cannot be archived',
    alarm: 'ArchiveKeysFailed',
    record: each(5, () => 1, 'AWS/Lambda Errors ArchiveFunctionHandlerFunction'),
  },
  {
    name: 'the archive function does not run',
    alarm: 'ArchiveKeysFailed',
    silences: ['ArchiveFunctionHandlerFunction'],
  },
];
