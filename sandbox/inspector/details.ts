import { diagnose } from '../../diagnosis/diagnose.ts';
import { type FetchData, openQueuedEvent } from '../../lambda/event/queued-event.ts';
import { reverify } from '../../lambda/event/reverify.ts';
import type { VerificationKey } from '../../lambda/keys/keyring.ts';
import { parseRequest } from '../../lambda/receiver/request.ts';
import { quote } from '../../terminal/text.ts';
import { checksOf } from './checks.ts';
import { differences, nearestGood } from './difference.ts';
import { type Call, headerOf, headerPairs, summaryOf } from './history.ts';

/** Most characters of a body that the page shows. */
const mostShown = 20_000;

/** Everything that the page shows about a call. Signatures are shortened, because with a good one anybody can send the call again. */
export async function detailsOf(
  call: Call,
  calls: readonly Call[],
  keys: readonly VerificationKey[],
  fetchData: FetchData,
) {
  const good = call.verdict === 'queued' ? undefined : nearestGood(call, calls);
  return {
    ...summaryOf(call),
    wire: wireOf(call),
    signed: signedParts(call),
    checks: checksOf(call),
    diagnosis: diagnosisOf(call, keys),
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
  return [`${method} ${target} HTTP/1.1`, ...lines, '', textOf(body)].join('\n');
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

function diagnosisOf({ verdict, request, time }: Call, keys: readonly VerificationKey[]) {
  if (verdict === 'failed' || request.event === undefined) return undefined;
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
    return JSON.stringify(view, null, 2).slice(0, mostShown);
  } catch (error) {
    return String(error);
  }
}

function textOf(body: Uint8Array): string {
  const text = Buffer.from(body).toString('utf8');
  return text.length > mostShown ? `${text.slice(0, mostShown)} … (${body.length} bytes in all)` : text;
}

/** The queued message, with the signature shortened. */
function formatMessage(message: string): string {
  const text = JSON.stringify(JSON.parse(message), null, 2).slice(0, mostShown);
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
