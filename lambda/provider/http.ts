import { setTimeout as startTimer } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import { advice, ProviderError } from './error.ts';
import { type Answer, type Failure, interruption, refusal } from './failure.ts';
import { type Connection, connectionOf, type ProviderOptions, type Watch } from './options.ts';

/** One call of the management API. */
export interface ProviderCall {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query. */
  path: string;
  /** Sent as JSON. */
  body?: object;
  /** A POST that does nothing more when it is made twice, and so may be tried again after any passing failure. */
  repeatable?: boolean;
  /** Nothing of the answer but its status matters; it need not be JSON. So it is with every DELETE. */
  statusOnly?: boolean;
}

/** An answer does not have the shape that the API promises. The message names the field, never its value. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/**
 * Makes a call and reads its answer.
 *
 * @param read gets the parsed body, `undefined` when there is none, and throws `ShapeError` at what it cannot accept
 * @throws {ProviderError}
 */
export type Caller = <T>(call: ProviderCall, read: (answer: unknown) => T) => Promise<T>;

const maxTries = 4;

/** Before the second try, in milliseconds; doubled before each later one. Up to half of it is left to chance. */
const firstPause = 500;

/** When a wait is long enough to be spoken of, in milliseconds. */
const slowAfter = 2_000;

/** Longest `Retry-After` that is worth waiting for, in milliseconds. */
const longestPause = 20_000;

/**
 * Makes calls over HTTPS. A call that fails for a passing reason is tried again when that is safe: always after a 429,
 * which says that nothing was done, and after every other failure for all but POST, which may have been carried out and
 * is only repeated where the call says that it may be.
 *
 * @throws {ProviderError} `invalid_options`
 */
export function createCaller(options: ProviderOptions): Caller {
  const connection = connectionOf(options);
  const { timeoutMilliseconds = 10_000, pause = setTimeout, log = () => {}, watch = watchWith(log) } = options;
  return async (call, read) => {
    let mayBeDone = false;
    for (let tries = 1; ; tries++) {
      const name = `${call.method} ${connection.baseUrl}${call.path}`;
      const what = tries === 1 ? name : `${name} (try ${tries} of ${maxTries})`;
      const outcome = await watch(what, timeoutMilliseconds, tryOnce(connection, call, timeoutMilliseconds));
      if (!('code' in outcome)) return readAnswer(connection, call, outcome, read);
      // An earlier try did it, and its answer was lost.
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

/** Says in one line that work takes long. */
function watchWith(log: (message: string) => void): Watch {
  return async (what, milliseconds, work) => {
    const slow = startTimer(
      () => log(`${what} has not answered for 2 s; waiting for ${seconds(milliseconds)} in all.`),
      slowAfter,
    );
    try {
      return await work;
    } finally {
      clearTimeout(slow);
    }
  };
}

/** A time for people, rounded up. */
function seconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 1000)} s`;
}

async function tryOnce(connection: Connection, call: ProviderCall, timeout: number): Promise<Answer | Failure> {
  const { baseUrl, headers, redact } = connection;
  const signal = AbortSignal.timeout(timeout);
  let status: number | undefined;
  try {
    const { method } = call;
    const url = new URL(baseUrl + call.path);
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
    throw toError(connection, call, { code: 'malformed_answer', what, status: answer.status, transient: false }, 1);
  }
}

function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the answer.
    throw new ShapeError('its body is not JSON, or only half of it');
  }
}

/** Milliseconds to wait for the next try; `undefined` when there should be none. */
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
  const asked = retryAfter === undefined ? '' : ` and asks to wait ${Math.ceil(retryAfter / 1000)} s`;
  const repeated = tries === 1 ? '' : `, in the last of ${tries} tries`;
  const uncertain = isOnceOnly(call) && (code === 'malformed_answer' || (transient && code !== 'rate_limited'));
  const warning = uncertain ? '. It may have been carried out all the same: look before you repeat it' : '';
  const message = `${method} ${baseUrl}${path} ${what}${asked}${repeated}: ${advice[code]}${warning}`;
  return new ProviderError(code, message, failure);
}
