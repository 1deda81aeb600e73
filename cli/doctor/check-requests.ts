import { logMessages } from '../../lambda/contract.ts';
import { outputs } from '../../lambda/stack-outputs.ts';
import { type Checkup, type Finding, type Problem, problem } from './checkup.ts';
import { type LogEntry, readLogEnd } from './read-log.ts';

const hour = 60 * 60_000;

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
export async function* checkRequests({ stack, output }: Checkup): AsyncGenerator<Finding, void> {
  const logGroup = output(outputs.functionLogGroup);
  const [end, scanned] = await Promise.all([
    readLogEnd(logGroup, signed),
    readLogEnd(logGroup, unsigned, { pages: pagesOfUnsigned }),
  ]);
  const entries = withoutProbes(end.entries);
  const unsignedCount = scanned.entries.length;
  if (entries.length + unsignedCount === 0) {
    const elsewhere = 'Nothing was sent, or it was sent to another URL.';
    return yield problem.info('No request in the last 24 hours', elsewhere, '');
  }
  const least = scanned.since === undefined ? '' : 'at least ';
  const noise = unsignedCount > 0 ? [`${least}${unsignedCount} unsigned`] : [];
  const last = entries.findLastIndex(is(accepted));
  const said = last < 0 ? 'None was accepted' : `Last accepted ${timeOf(entries[last])}`;
  const span =
    end.since === undefined ? 'in 24 hours' : `since ${new Date(end.since).toISOString()} (there is more than is read)`;
  const line = `${said}; ${span} ${[...count(entries), ...noise].join(', ')}`;
  const found = judge(stack, entries, last) ?? judgeUnsigned(stack, scanned.entries, entries[last]);
  yield found === undefined ? line : { ...found, description: `${found.description} ${line}.` };
}

/** @param last index of the last one that was accepted; below 0 if none was */
function judge(stack: string, entries: readonly LogEntry[], last: number): Problem | undefined {
  const newest = entries.at(-1)?.at ?? 0;
  const tail = entries.slice(last + 1);
  const recent = entries.filter(({ at }) => at > newest - hour);
  const [afterwards, lately] = [tail.filter(isLost), recent.filter(isLost)];
  const share = (100 * lately.length) / (lately.length + recent.filter(is(accepted)).length);
  const isEnough = last < 0 || afterwards.length >= fewRefusals || afterwards.some(is(failed));
  if (afterwards.length > 0 && isEnough) {
    const what = `Since ${last < 0 ? 'a day' : 'the last one that was accepted'}: ${count(afterwards).join(', ')}.`;
    return problem.error('Webhooks are lost', what, adviceOn(stack, afterwards));
  }
  if (lately.length >= fewRefusals && share > fewOfHundred) {
    const lost = `${Math.round(share)} of 100 were lost: ${count(lately).join(', ')}.`;
    const what = `In the hour before ${timeOf(entries.at(-1))} ${lost}`;
    return problem.error('Some webhooks are lost', what, adviceOn(stack, lately));
  }
  const doubtful = tail.filter((entry) => isLost(entry) || isOld(entry));
  if (doubtful.length === 0) return undefined;
  const what = `They may be webhooks or forgeries: ${count(doubtful).join(', ')}.`;
  return problem.warning('The last signed requests were refused', what, adviceOn(stack, doubtful));
}

function judgeUnsigned(stack: string, scanned: readonly LogEntry[], lastAccepted: LogEntry | undefined) {
  const since = scanned.filter(({ at }) => at > (lastAccepted?.at ?? 0)).length;
  if (since < manyUnsigned) {
    if (lastAccepted) return undefined;
    const noise = 'Scanners sign nothing, and neither does the call of this command to the URL.';
    return problem.info('No signed request in the last 24 hours', noise, '');
  }
  const why = 'If no key is enabled at MessageMedia, webhooks arrive unsigned and are lost. Else it is a scanner.';
  return problem.warning('The last requests were unsigned', why, `npx mmw keys list --stack ${stack}`);
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

/** Whether it was a webhook, as far as can be told. One that is too old may be a repetition. */
function isLost(entry: LogEntry): boolean {
  return is(failed)(entry) || (is(refused)(entry) && entry.fields.reason !== 'malformed_event' && !isOld(entry));
}

function isOld({ fields }: LogEntry): boolean {
  return fields.reason === 'stale_date' && !/in the future/.test(String(fields.detail));
}

/** Such as `3 refused: stale_date`, the most frequent first. */
function count(entries: readonly LogEntry[]): string[] {
  const names = entries.map(({ fields: { message, reason } }) =>
    reason === undefined ? String(message) : `${message}: ${reason}`,
  );
  return mostFirst(names).map(([name, times]) => `${times} ${name}`);
}

function mostFirst(names: readonly string[]): [string, number][] {
  const groups = [...Map.groupBy(names, (name) => name)];
  return groups.map(([name, all]): [string, number] => [name, all.length]).sort(([, one], [, other]) => other - one);
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
