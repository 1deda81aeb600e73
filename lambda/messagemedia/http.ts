import { setTimeout as sleep } from 'node:timers/promises';
import { seconds } from '../deadline.ts';
import { type Answer, advice, type Failure, interruption, ProviderError, refusal } from './error.ts';
import { type Connection, connectionOf, type ProviderOptions, type Watch } from './options.ts';

export interface ProviderCall {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path, and query if errors and logs may show it. */
  path: string;
  /** The rest of the URL, which errors and logs do not show because it may hold a phone number. */
  hiddenQuery?: string;
  /** Sent as JSON. */
  body?: object;
  /** A POST that has no further effect when it is repeated, so it may be retried after any temporary failure. */
  repeatable?: boolean;
  /** Text in the body that no error may show. */
  secrets?: readonly string[];
  /** Only the status of the answer matters, and it need not be JSON. This is true of every DELETE. */
  statusOnly?: boolean;
}

/** An answer without the shape that the API documents. The message names the field, never its value. */
export class ShapeError extends Error {}

/**
 * Makes a call and reads its answer.
 *
 * @param read gets the parsed body, `undefined` if there is none, and throws `ShapeError` if it cannot accept it
 * @throws {ProviderError}
 */
export type Caller = <T>(call: ProviderCall, read: (answer: unknown) => T) => Promise<T>;

const maxTries = 4;

/** Pause before the second try, in milliseconds, doubled before each later one. Up to half of it is random. */
const firstPause = 500;

/** Longer waits are reported, in milliseconds. */
const slowAfter = 2_000;

/** Longest `Retry-After` that is followed, in milliseconds. */
const longestPause = 20_000;

/**
 * Makes calls over HTTPS. After a temporary failure a call is retried if that is safe. It is always safe after a 429, which
 * means that nothing was done. After other failures every method except POST is retried. A POST may have been carried out,
 * so it is only retried if the call says that it may be.
 *
 * @throws {ProviderError} `invalid_options`
 */
export function createCaller(options: ProviderOptions): Caller {
  const connection = connectionOf(options);
  const { timeoutMilliseconds = 10_000, pause = sleep, log = () => {}, watch = unwatched } = options;
  return async (call, read) => {
    let mayBeDone = false;
    for (let tries = 1; ; tries++) {
      const name = `${call.method} ${connection.baseUrl}${call.path}`;
      const what = tries === 1 ? name : `${name} (try ${tries} of ${maxTries})`;
      const outcome = await watch(what, timeoutMilliseconds, tryOnce(connection, call, timeoutMilliseconds));
      if (!('code' in outcome)) return readAnswer(connection, call, outcome, read);
      // An earlier try deleted it, but its answer was lost.
      if (call.method === 'DELETE' && outcome.code === 'not_found' && mayBeDone) return read(undefined);
      const wait = pauseBefore(call, outcome, tries);
      if (wait === undefined) throw toError(connection, call, outcome, tries);
      mayBeDone ||= outcome.code !== 'rate_limited';
      if (tries > 1 || outcome.code === 'timeout' || wait >= slowAfter)
        log(`${name} ${outcome.what}: try ${tries + 1} of ${maxTries} in ${seconds(wait)}.`);
      await pause(wait);
    }
  };
}

const unwatched: Watch = (_what, _milliseconds, work) => work;

async function tryOnce(connection: Connection, call: ProviderCall, timeout: number): Promise<Answer | Failure> {
  const { baseUrl, headers } = connection;
  const { secrets = [] } = call;
  const redact = (text: string) =>
    secrets.reduce((left, secret) => left.replaceAll(secret, '***'), connection.redact(text));
  const signal = AbortSignal.timeout(timeout);
  let status: number | undefined;
  try {
    const { method } = call;
    const url = new URL(baseUrl + call.path + (call.hiddenQuery ?? ''));
    const body = call.body && JSON.stringify(call.body);
    const response = await fetch(url, {
      method,
      headers: {
        ...headers({ method, target: url.pathname + url.search, body }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body ?? null,
      redirect: 'manual',
      signal,
    });
    status = response.status;
    const answer = { status, text: await response.text() };
    return response.ok ? answer : refusal(answer, response.headers.get('retry-after'), redact);
  } catch (error) {
    const failure = interruption(error, new URL(baseUrl).host, status, redact);
    return signal.aborted
      ? { ...failure, code: 'timeout', what: `gave no whole answer within ${timeout} ms` }
      : failure;
  }
}

function readAnswer<T>(connection: Connection, call: ProviderCall, answer: Answer, read: (answer: unknown) => T): T {
  try {
    const statusOnly = call.statusOnly ?? call.method === 'DELETE';
    return read(statusOnly ? undefined : parseJson(answer.text));
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    const what = `answered ${answer.status}, but ${error.message}`;
    throw toError(connection, call, { code: 'malformed_answer', what, status: answer.status }, 1);
  }
}

function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the answer.
    throw new ShapeError('its body is not JSON, or not complete');
  }
}

/** Milliseconds to wait before the next try; `undefined` if there should be none. */
function pauseBefore(call: ProviderCall, failure: Failure, tries: number): number | undefined {
  if (!failure.transient || tries >= maxTries) return undefined;
  if (isOnceOnly(call) && failure.code !== 'rate_limited') return undefined;
  const { retryAfter } = failure;
  if (retryAfter !== undefined) return retryAfter <= longestPause ? retryAfter : undefined;
  return firstPause * 2 ** (tries - 1) * (1 - Math.random() / 2);
}

function isOnceOnly({ method, repeatable = false }: ProviderCall): boolean {
  return method === 'POST' && !repeatable;
}

function toError({ baseUrl }: Connection, call: ProviderCall, failure: Failure, tries: number) {
  const { method, path } = call;
  const { code, what, transient, retryAfter } = failure;
  const asked = retryAfter === undefined ? '' : ` and asks to wait ${seconds(retryAfter)}`;
  const repeated = tries === 1 ? '' : `, in the last of ${tries} tries`;
  const uncertain = isOnceOnly(call) && (code === 'malformed_answer' || (transient && code !== 'rate_limited'));
  const warning = uncertain ? '. The call may have been carried out all the same: check before you repeat it' : '';
  const message = `${method} ${baseUrl}${path} ${what}${asked}${repeated}: ${advice[code]}${warning}`;
  return new ProviderError(code, message, failure);
}
