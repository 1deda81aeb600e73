import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { logMessages } from '../../lambda/contract.ts';
import { watched } from '../aws.ts';
import { type LogEntry, readLogEnd } from './read-log.ts';
import { type Finding, issue } from './report.ts';

const hour = 60 * 60_000;
const day = 24 * hour;

const { accepted, refused, failed, probed } = logMessages;
/** Unsigned requests are asked for apart: a scanner sends many, and they would hide the others. */
const signed = `{ $.message = "${accepted}" || $.message = "${probed}" || $.message = "${failed}" || ($.message = "${refused}" && $.reason != "unsigned") }`;
const unsigned = `{ $.message = "${refused}" && $.reason = "unsigned" }`;
/** Most pages of unsigned requests. That there are many is enough to know. */
const pagesOfUnsigned = 20;

/** A single refusal is more likely a forgery than a lost webhook. */
const fewRefusals = 3;
/** The part of an hour's signed requests that may be refused without a loss: forgeries. */
const fewOfHundred = 10;
/** In a day. As the alarm UnsignedRequests. */
const manyUnsigned = 10;

/** Which requests were accepted and refused, and why, from the log of the function. What came last counts. */
export async function checkRequests(stack: string, logGroupName: string, now: number): Promise<Finding[]> {
  const client = watched(new CloudWatchLogsClient());
  const [end, scanned] = await Promise.all([
    readLogEnd(client, logGroupName, signed, now),
    readLogEnd(client, logGroupName, unsigned, now, pagesOfUnsigned),
  ]);
  const entries = withoutProbes(end.entries).filter((entry) => !isUnsigned(entry));
  const unsignedOnes = scanned.entries.filter(isUnsigned);
  const least = scanned.since <= now - day ? '' : 'at least ';
  const noise = unsignedOnes.length > 0 ? `${least}${unsignedOnes.length} unsigned` : '';
  const counted = [count(entries), noise].filter(Boolean).join(', ');
  if (counted === '') {
    const elsewhere = 'Nothing was sent, or it was sent to another URL.';
    return [issue.info('requests', 'No request in the last 24 hours', elsewhere, '')];
  }
  const last = entries.findLastIndex(is(accepted));
  const said = last < 0 ? 'None was accepted' : `Last accepted ${timeOf(entries[last])}`;
  const isWhole = end.since <= now - day;
  const span = isWhole ? 'in 24 hours' : `since ${new Date(end.since).toISOString()} (there is more than is read)`;
  const line = `${said}; ${span} ${counted}`;
  const tail = entries.slice(last + 1);
  const found = judge(stack, entries, tail, last >= 0) ?? judgeUnsigned(stack, unsignedOnes, entries[last]);
  return [found === undefined ? line : { ...found, description: `${found.description} ${line}.` }];
}

/** @param tail what came after the last one that was accepted */
function judge(stack: string, entries: readonly LogEntry[], tail: readonly LogEntry[], isUsed: boolean) {
  const newest = entries.at(-1)?.at ?? 0;
  const recent = entries.filter(({ at }) => at > newest - hour);
  const [afterwards, lately] = [tail.filter(isLost), recent.filter(isLost)];
  const share = (100 * lately.length) / (lately.length + recent.filter(is(accepted)).length);
  const isEnough = !isUsed || afterwards.length >= fewRefusals || afterwards.some(is(failed));
  if (afterwards.length > 0 && isEnough) {
    const what = `Since ${isUsed ? 'the last one that was accepted' : 'a day'}: ${count(afterwards)}.`;
    return issue.error('requests', 'Webhooks are lost', what, adviceOn(stack, afterwards));
  }
  if (lately.length >= fewRefusals && share > fewOfHundred) {
    const what = `In the hour before ${timeOf(entries.at(-1))} ${Math.round(share)} of 100 were lost: ${count(lately)}.`;
    return issue.error('requests', 'Some webhooks are lost', what, adviceOn(stack, lately));
  }
  const doubtful = tail.filter((entry) => isLost(entry) || isOld(entry));
  if (doubtful.length === 0) return undefined;
  const what = `They may be webhooks or forgeries: ${count(doubtful)}.`;
  return issue.warning('requests', 'The last signed requests were refused', what, adviceOn(stack, doubtful));
}

function judgeUnsigned(stack: string, scanned: readonly LogEntry[], lastAccepted: LogEntry | undefined) {
  const since = scanned.filter(({ at }) => at > (lastAccepted?.at ?? 0)).length;
  if (since < manyUnsigned) {
    if (lastAccepted) return undefined;
    const noise = 'Scanners sign nothing, and neither does the call of this command to the URL.';
    return issue.info('requests', 'No signed request in the last 24 hours', noise, '');
  }
  const why = 'If no key is enabled at MessageMedia, webhooks arrive unsigned and are lost. Else it is a scanner.';
  return issue.warning('requests', 'The last requests were unsigned', why, `npx mmw keys list --stack ${stack}`);
}

const is =
  (message: string) =>
  ({ fields }: LogEntry): boolean =>
    fields.message === message;

/** A function that runs already refuses the first probes, until it has read their key. */
function withoutProbes(entries: readonly LogEntry[]): LogEntry[] {
  const ids = new Set(entries.filter(is(probed)).map(({ fields }) => String(fields.keyId)));
  return entries.filter(
    ({ fields: { detail } }) => !ids.has(/key id in the request: ([\w-]+)/.exec(String(detail))?.[1] ?? ''),
  );
}

function isUnsigned({ fields }: LogEntry): boolean {
  return fields.reason === 'unsigned';
}

/** Whether it was a webhook, as far as can be told. One that is too old may be a repetition. */
function isLost(entry: LogEntry): boolean {
  return is(failed)(entry) || (is(refused)(entry) && entry.fields.reason !== 'malformed_event' && !isOld(entry));
}

function isOld({ fields }: LogEntry): boolean {
  return fields.reason === 'stale_date' && !/in the future/.test(String(fields.detail));
}

function count(entries: readonly LogEntry[]): string {
  const names = entries.map(({ fields: { message, reason } }) =>
    reason === undefined ? String(message) : `${message}: ${reason}`,
  );
  return mostFirst(names)
    .map(([name, times]) => `${times} ${name}`)
    .join(', ');
}

/** Names with how often each comes, the most frequent first. */
function mostFirst(names: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}

function timeOf(entry: LogEntry | undefined): string {
  return new Date(entry?.at ?? 0).toISOString();
}

/** What to do about the reason that most of them have. */
function adviceOn(stack: string, entries: readonly LogEntry[]): string {
  const [[most] = ['']] = mostFirst(entries.map((entry) => (isOld(entry) ? 'too_old' : String(entry.fields.reason))));
  return advice[most]?.replaceAll('NAME', stack) ?? `The runbook has the reason: ${runbook}#refused-webhooks`;
}

const runbook = 'docs/operations.md';
const diagnosis =
  'After the next one, mmw doctor --capture says whether the public key is wrong, something changes requests, or somebody forges. To keep the next ones: npx mmw capture --stack NAME';

/** By reason, with NAME for the stack. */
const advice: Record<string, string> = {
  unknown_key: 'Enable a key that is in the keyring. To see them: npx mmw keys list --stack NAME',
  invalid_signature: diagnosis,
  digest_mismatch: diagnosis,
  stale_date:
    "A clock is ahead: MessageMedia's, or that of whatever signs. Tell MessageMedia's support; until it is right, -c timestampToleranceSeconds=0 accepts any Date.",
  too_old: 'Repetitions, or late retries. If they are late retries, raise timestampToleranceSeconds.',
  queue_unavailable: `See ${runbook}#enqueue-failures. Is the queue there: npx mmw queue stats --stack NAME`,
  storage_unavailable: `See ${runbook}#storage-failures.`,
  keyring_unavailable: `See ${runbook}#keyring-failures. What is in it: npx mmw keys list --stack NAME`,
  unexpected: `It is a bug, please report it. The log has the stack trace: ${runbook}#server-errors`,
};
