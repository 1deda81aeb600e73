import type { Severity } from './report.ts';

/** What an alarm that is on means, and what to do, as its section of the runbook says. */
interface AlarmAdvice {
  severity: Severity;
  title: string;
  mend: string;
}

/** By the name of the alarm: what it means, what to do (NAME is the stack), and the section, if its name is another. */
const advice: Record<string, readonly [meaning: string, mend: string, section?: string]> = {
  ServerErrors: ['API Gateway answers with 5xx, and webhooks are lost', 'Run the saved query "failures".'],
  EnqueueFailures: ['SQS does not take events', 'npx mmw queue restore --stack NAME, if a queue is gone.'],
  StorageFailures: ['S3 does not take the data of large events', 'Is the bucket there, and its policy unchanged?'],
  KeyringFailures: ['The keyring could not be read', 'npx mmw keys restore --stack NAME, if its value is wrong.'],
  RefusedWebhooks: ['Signed requests were refused', 'Run the saved query "refusals-by-reason".'],
  UnsignedRequests: ['Requests are unsigned', 'npx mmw keys list --stack NAME: is a key enabled?'],
  RequestThrottles: [
    'API Gateway throttles',
    'Raise throttleRateLimit and throttleBurstLimit, unless it is an attack.',
  ],
  UnidentifiedEvents: ['A template is not rendered', 'npx mmw webhooks list finds the webhook.'],
  UnreadableEvents: ['A template makes bodies that are not JSON', 'npx mmw webhooks list finds the webhook.'],
  CertificateExpiry: [
    'The certificate ends soon',
    'aws acm describe-certificate says what keeps it from being renewed.',
  ],
  OldestEvent: ['Events wait for a consumer', 'npx mmw queue stats --stack NAME: is a consumer running?'],
  DeadLetters: ['Consumers could not handle events', 'npx mmw queue peek --dead-letters --stack NAME'],
  MoreDeadLetters: [
    'Consumers could not handle events',
    'npx mmw queue peek --dead-letters --stack NAME',
    'dead-letters',
  ],
  ReconciliationFailures: ['Reconciliation fails', 'The log of the reconciliation has the reason.'],
  RecoveredEvents: [
    'Webhooks did not arrive, and were recovered',
    'npx mmw webhooks list: does it name the callback URL?',
  ],
  HiddenEvents: ['A list of MessageMedia is full', 'npx mmw reconcile --confirm --stack NAME'],
  RotationFailures: ['A rotation of keys failed', 'npx mmw keys list shows where it stopped, and its log the reason.'],
  ArchiveFailed: ['Events could not be archived', 'Run the saved query "failures".'],
  ArchiveDelayed: ['Events wait to be archived', 'The log of the archive has the reason.'],
  ArchiveDeadLetters: ['Events could not be archived in 50 tries', 'Mend the cause, then redrive them.'],
  ArchiveMoreDeadLetters: [
    'Events could not be archived in 50 tries',
    'Mend the cause, then redrive them.',
    'archive-dead-letters',
  ],
  ArchiveKeysFailed: ['The public keys could not be archived', 'Run the saved query "failures".'],
  Silence: ['No webhook was accepted for a long time', 'Was anything sent? npx mmw webhooks list'],
};

/** All names, for a comparison with the runbook. */
export const advisedAlarms = Object.keys(advice);

/** @param logicalId of the alarm in the template @param description for an alarm that is not this project's */
export function adviceOn(stack: string, logicalId: string, description: string): AlarmAdvice {
  const name = /Alarms(\w+)[0-9A-F]{8}$/.exec(logicalId)?.[1]?.replace(/^(ArchiveDelayed).*/, '$1');
  const known = name === undefined ? undefined : advice[name];
  if (known === undefined) return { severity: 'warning', title: `Alarm ${logicalId} is on`, mend: description };
  const [
    meaning,
    mend,
    section = String(name)
      .replace(/(?<=[a-z])(?=[A-Z])/g, '-')
      .toLowerCase(),
  ] = known;
  return {
    // The others end long after what they are about, and doctor looks at that itself.
    severity: name === 'ServerErrors' ? 'error' : 'warning',
    title: meaning,
    mend: `${mend.replaceAll('NAME', stack)} (docs/operations.md#${section})`,
  };
}
