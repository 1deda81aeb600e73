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
  EnqueueFailures: ['SQS does not take events', 'If a queue is gone: npx mmw queue restore --stack NAME'],
  StorageFailures: ['S3 does not take the data of large events', 'Is the bucket there, and its policy unchanged?'],
  KeyringFailures: ['The keyring could not be read', 'If its value is wrong: npx mmw keys restore --stack NAME'],
  RefusedWebhooks: ['Signed requests were refused', 'Run the saved query "refusals-by-reason".'],
  UnsignedRequests: ['Requests are unsigned', 'Is a key enabled: npx mmw keys list --stack NAME'],
  RequestThrottles: [
    'API Gateway throttles',
    'Raise throttleRateLimit and throttleBurstLimit, unless it is an attack.',
  ],
  UnidentifiedEvents: ['A template is not rendered', 'To find the webhook: npx mmw webhooks list --stack NAME'],
  UnreadableEvents: [
    'A template makes bodies that are not JSON',
    'To find the webhook: npx mmw webhooks list --stack NAME',
  ],
  CertificateExpiry: ['The certificate ends soon', 'What keeps it from being renewed is in ACM.'],
  OldestEvent: ['Events wait for a consumer', 'Is a consumer running: npx mmw queue stats --stack NAME'],
  DeadLetters: ['Consumers could not handle events', 'To look at them: npx mmw queue peek --dead-letters --stack NAME'],
  MoreDeadLetters: [
    'Consumers could not handle events',
    'To look at them: npx mmw queue peek --dead-letters --stack NAME',
    'dead-letters',
  ],
  ReconciliationFailures: ['Reconciliation fails', 'The log of the reconciliation has the reason.'],
  RecoveredEvents: [
    'Webhooks did not arrive, and were recovered',
    'Does it name the callback URL: npx mmw webhooks list --stack NAME',
  ],
  HiddenEvents: ['A list of MessageMedia is full', 'To empty it: npx mmw reconcile --confirm --stack NAME'],
  RotationFailures: [
    'A rotation of keys failed',
    'Its log has the reason. Where it stopped: npx mmw keys list --stack NAME',
  ],
  ArchiveFailed: ['Events could not be archived', 'Run the saved query "failures".'],
  ArchiveDelayed: ['Events wait to be archived', 'The log of the archive has the reason.'],
  ArchiveDeadLetters: ['Events could not be archived in 50 tries', 'Mend the cause, then redrive them.'],
  ArchiveMoreDeadLetters: [
    'Events could not be archived in 50 tries',
    'Mend the cause, then redrive them.',
    'archive-dead-letters',
  ],
  ArchiveKeysFailed: ['The public keys could not be archived', 'Run the saved query "failures".'],
  Silence: [
    'No webhook was accepted for a long time',
    'Was anything sent, and to the right URL: npx mmw webhooks list --stack NAME',
  ],
};

/** All names, for a comparison with the runbook. */
export const advisedAlarms = Object.keys(advice);

/** @param logicalId of the alarm in the template @param description for an alarm that is not this project's */
export function adviceOn(stack: string, logicalId: string, description: string): AlarmAdvice {
  // Behind the path of the alarm's construct, which ends with `Alarms`, and before the eight digits of the CDK's hash.
  const [, ...names] = logicalId.slice(0, -8).split('Alarms');
  const name = names.join('Alarms').replace(/^(ArchiveDelayed).*/, '$1');
  const known = Object.hasOwn(advice, name) ? advice[name] : undefined;
  if (known === undefined) return { severity: 'warning', title: `Alarm ${logicalId} is on`, mend: description };
  const [meaning, mend, section = name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()] = known;
  return {
    // The others end long after what they are about, and doctor looks at that itself.
    severity: name === 'ServerErrors' ? 'error' : 'warning',
    title: meaning,
    mend: `See docs/operations.md#${section}. ${mend.replaceAll('NAME', stack)}`,
  };
}
