import { diagnose } from '../../diagnosis/diagnose.ts';
import { signatureHeaders } from '../../lambda/contract.ts';
import { eventKinds } from '../../lambda/event/kinds.ts';
import { type FetchData, openQueuedEvent } from '../../lambda/event/queued-event.ts';
import { reverify } from '../../lambda/event/reverify.ts';
import type { VerificationKey } from '../../lambda/keys/keyring.ts';
import { parseRequest } from '../../lambda/receiver/request.ts';
import { quote, toJson } from '../../terminal/text.ts';
import { diagnoseGateway } from './gateway-diagnosis.ts';
import { type Call, headerOf, headerPairs, summaryOf } from './history.ts';

/** Most characters of a body that the page shows. */
const mostShown = 20_000;

/**
 * Everything that the page shows about a call. Signatures are shortened, because with a good one anybody can send the call
 * again.
 *
 * @param url of the gateway
 */
export async function detailsOf(
  call: Call,
  calls: readonly Call[],
  keys: readonly VerificationKey[],
  fetchData: FetchData,
  url: string,
) {
  const good = call.verdict === 'queued' ? undefined : nearestGood(call, calls);
  return {
    ...summaryOf(call),
    wire: wireOf(call),
    signed: signedParts(call),
    checks: checksOf(call),
    diagnosis: diagnosisOf(call, keys, url),
    difference: good && { id: good.id, rows: differences(call, good) },
    answer: call.answer.body,
    message: call.message && formatMessage(call.message),
    consumer: call.message && (await consumerView(call.message, keys, fetchData)),
  };
}

function wireOf({ method, target, request: { rawHeaders, body } }: Call) {
  const lines = headerPairs(rawHeaders).map(
    ([name, value]) => `${name}: ${/signature$/i.test(name) ? shorten(value) : value}`,
  );
  return [`${method} ${target} HTTP/1.1`, ...lines, '', textOf(body)].join('\r\n');
}

/** The bytes that a signature of this request must cover, in their three parts. */
function signedParts(call: Call) {
  const { method, targets, body } =
    call.request.event === undefined ? { ...call, targets: [call.target], ...call.request } : parse(call.request.event);
  return [
    { part: 'request line', text: `${method} ${targets[0] ?? call.target} HTTP/1.1` },
    { part: 'Date', text: headerOf(call.request, 'date') },
    { part: 'body', text: textOf(body) },
  ];
}

function diagnosisOf(call: Call, keys: readonly VerificationKey[], url: string) {
  const { verdict, request, time } = call;
  if (verdict === 'failed') return undefined;
  if (request.event === undefined) return diagnoseGateway(call, url);
  try {
    const { causes, meaning, mend, evidence } = diagnose(parse(request.event), keys, { receivedAt: Date.parse(time) });
    return { causes, meaning, mend, evidence };
  } catch (error) {
    return { causes: [], meaning: String(error), mend: '', evidence: [] };
  }
}

function parse(event: string) {
  return parseRequest(JSON.parse(event));
}

async function consumerView(message: string, keys: readonly VerificationKey[], fetchData: FetchData): Promise<string> {
  try {
    const read = await openQueuedEvent(message, fetchData);
    const { id, type, subject, payload } = read.event;
    const view = { type, id, subject, signature: reverify(read, keys), payload };
    return toJson(view, 2).slice(0, mostShown);
  } catch (error) {
    return String(error);
  }
}

function textOf(body: Uint8Array): string {
  const text = Buffer.from(body).toString('utf8');
  return text.length > mostShown ? `${text.slice(0, mostShown)} … (${body.length} bytes in all)` : text;
}

function formatMessage(message: string): string {
  const text = toJson(JSON.parse(message), 2).slice(0, mostShown);
  return text.replace(/("mmsignature": ")([^"]*)/, (_, name, value) => name + shorten(value));
}

function shorten(signature: string): string {
  return signature.length > 24 ? `${signature.slice(0, 12)}… (${signature.length} characters)` : signature;
}

/** Headers that curl adds itself. */
const ofCurl = /^(host|content-length|connection|transfer-encoding|user-agent|accept)$/i;

/** A command that sends the call again, byte for byte. */
export function curlOf({ method, target, request: { rawHeaders, body } }: Call, url: string): string {
  const headers = headerPairs(rawHeaders)
    .filter(([name]) => !ofCurl.test(name))
    .map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`);
  const isText = Buffer.from(body.toString('utf8')).equals(body) && !body.includes(0);
  const data = body.length === 0 ? [] : [isText ? `--data-raw ${quote(body.toString('utf8'))}` : '--data-binary @-'];
  const command = [`curl --path-as-is -X ${method} ${quote(url + target)}`, ...headers, ...data].join(' \\\n  ');
  return isText ? command : `base64 -d <<< '${body.toString('base64')}' | ${command}`;
}

interface Check {
  name: string;
  state: 'passed' | 'failed' | 'not reached';
  /** For a failed check, what was found. */
  detail: string;
}

/** The steps in their order, with the reasons for a failure of each. */
const steps: readonly [name: string, ...reasons: string[]][] = [
  ['The gateway has a route for the path', 'no_route'],
  ['The request is not too large for the gateway', 'request_too_large'],
  ['The event is from API Gateway', 'malformed_event'],
  ['There is a signature, in base64', 'unsigned', 'malformed_signature'],
  ['There is a Date, in HTTP format', 'missing_date', 'malformed_date'],
  ['The Date is not too old, and not in the future', 'stale_date'],
  ['The target is well-formed', 'malformed_target'],
  ['Digest and cipher are known', 'unsupported_algorithm'],
  ['The keyring can be read', 'keyring_unavailable'],
  ['The key is in the keyring', 'unknown_key'],
  ['The digest is that of the key', 'digest_mismatch'],
  ['The signature is good', 'invalid_signature'],
  ['The event is of the account of the key', 'foreign_account'],
  ['Large data is in the bucket', 'event_too_large', 'storage_unavailable'],
  ['The queue has the event', 'queue_unavailable', 'unexpected'],
];

function checksOf({ reason, detail, verdict }: Call): Check[] {
  const failedAt = verdict === 'queued' ? steps.length : steps.findIndex(([, ...reasons]) => reasons.includes(reason));
  return steps.map(([name], index) => {
    if (failedAt < 0 || index > failedAt) return { name, state: 'not reached', detail: '' };
    if (index === failedAt) return { name, state: 'failed', detail: detail.replace(/^ReceiverError: /, '') };
    return { name, state: 'passed', detail: '' };
  });
}

interface Difference {
  what: string;
  here: string;
  there: string;
}

/** Headers that differ in every call. */
const ofItsOwn = new Set(['date', signatureHeaders.signature, 'content-length', 'connection', 'host']);

/** How far around the first byte that differs is shown. */
const surroundings = 30;

/** The accepted call that is most similar to this one; of several, the newest. */
function nearestGood(call: Call, calls: readonly Call[]): Call | undefined {
  const likeness = (other: Call) =>
    Number(other.method === call.method) +
    Number(pathOf(other) === pathOf(call)) +
    2 * Number(kindOf(other) === kindOf(call));
  return calls
    .filter(({ id, verdict }) => verdict === 'queued' && id !== call.id)
    .sort((one, other) => likeness(other) - likeness(one) || other.id - one.id)[0];
}

/** Differences between two calls, without those between any two calls. */
function differences(call: Call, good: Call): Difference[] {
  const here = headersOf(call);
  const there = headersOf(good);
  const names = [...new Set([...here.keys(), ...there.keys()])].filter((name) => !ofItsOwn.has(name)).sort();
  return [
    { what: 'method', here: call.method, there: good.method },
    { what: 'target', here: call.target, there: good.target },
    ...names.map((name) => ({ what: name, here: here.get(name) ?? '(none)', there: there.get(name) ?? '(none)' })),
    ...bodyDifference(call.request.body, good.request.body),
  ].filter((each) => each.here !== each.there);
}

function bodyDifference(here: Buffer, there: Buffer): Difference[] {
  if (here.equals(there)) return [];
  let at = 0;
  while (at < here.length && at < there.length && here[at] === there[at]) at += 1;
  const around = (body: Buffer) => JSON.stringify(body.subarray(Math.max(0, at - 10), at + surroundings).toString());
  return [{ what: `body, from byte ${at}`, here: around(here), there: around(there) }];
}

function headersOf({ request: { rawHeaders } }: Call): Map<string, string> {
  return new Map(headerPairs(rawHeaders).map(([name, value]) => [name.toLowerCase(), value]));
}

function kindOf({ request }: Call): string | undefined {
  return Object.values(eventKinds).find(({ idField }) => idField && request.body.includes(`"${idField}"`))?.inUrl;
}

function pathOf({ target }: Call): string {
  return target.replace(/\?.*/s, '');
}
