import { type FailureReason, logMessages, type RefusalReason } from '../contract.ts';
import { createPlacement } from '../event/message-placement.ts';
import { describeEvent, maxMessageBytes, type QueueMessage, type VerifiedRequest } from '../event/queue-message.ts';
import { refusesCharacters } from '../event/queue-refusals.ts';
import { isUuid } from '../guards.ts';
import { parseHttpDate } from '../signature.ts';
import { type AuthenticationDependencies, authenticate } from './authenticate.ts';
import { type ErrorStatus, ReceiverError, statusOf } from './errors.ts';
import { parseRequest } from './request.ts';

export interface ReceiverDependencies extends AuthenticationDependencies {
  /** Sends a message to the queue. Rejects when the queue did not take it. */
  send: (message: QueueMessage) => Promise<void>;
  /** Archives a message beside sending it. Never rejects, and ends before `send` has to. */
  archive?: ((message: QueueMessage) => Promise<void>) | undefined;
  /**
   * Stores the data of an event that is too large for the queue, and returns where. The same data may come again. Without
   * `store` such events are refused.
   */
  store?: ((data: Uint8Array, contentType: string | undefined) => Promise<string>) | undefined;
  /**
   * Keeps a refused request for a person to look at, while capturing is on. Never rejects, and ends within `milliseconds`.
   *
   * @returns where the request is kept, or that the capture is full
   */
  capture?: ((event: unknown, milliseconds: number) => Promise<string | undefined>) | undefined;
  /**
   * Longest time from a request to its answer, in milliseconds. An event that is not queued by then is answered with 503,
   * and a refused request that is not captured by then is not captured.
   * @default - no limit
   */
  answerWithin?: number;
  /** As `parseRequest` takes it. @default - none */
  mappingKey?: string | undefined;
  report: (outcome: Outcome) => void;
}

/** The outcome of a request. It holds no signature, no body and no phone number. */
export type Outcome =
  | {
      outcome: typeof logMessages.accepted;
      requestId: string;
      id?: string;
      type: string;
      keyId?: string;
      /** The account of the key; absent if it names none. */
      account?: string;
      bytes: number;
      /** Seconds between the signed `Date` and now. */
      age: number;
      /** The data is in the bucket; absent if it is in the message. */
      stored?: boolean;
      /** Names of fields that hold a template variable that was not rendered; absent if there are none. */
      unrendered?: readonly string[];
      /** The body should be JSON and is not; absent if it is as it should be. */
      unreadable?: boolean;
    }
  | { outcome: typeof logMessages.probed; requestId: string; keyId: string | undefined }
  | {
      outcome: typeof logMessages.refused | typeof logMessages.failed;
      requestId: string;
      status: number;
      reason: RefusalReason | FailureReason;
      error: unknown;
      /** Where the request was kept, while capturing is on. */
      captured?: string;
    };

/** Answer to API Gateway or a Function URL; the form is the same for both. */
export interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

const wordOf: Record<ErrorStatus, string> = {
  400: 'bad_request',
  401: 'unauthorized',
  413: 'payload_too_large',
  503: 'unavailable',
};

/**
 * Handles a Lambda event and returns the answer. 202 means that SQS has the event; see `statusOf` for the other statuses.
 *
 * @returns a function of the event and of Lambda's own request id, which is used if the front door gave none
 */
export function createReceiver(dependencies: ReceiverDependencies) {
  const place = createPlacement();
  return async (event: unknown, invocationId: string): Promise<Answer> => {
    let requestId = invocationId;
    const begun = performance.now();
    const left = () => (dependencies.answerWithin ?? Number.POSITIVE_INFINITY) - (performance.now() - begun);
    try {
      const request = parseRequest(event, dependencies.mappingKey);
      requestId = request.requestId ?? invocationId;
      const verified = await authenticate(request, requestId, dependencies);
      const { keyId } = verified;
      if (verified.isProbe) {
        dependencies.report({ outcome: logMessages.probed, requestId, keyId });
        return answer(200, { probe: 'verified' });
      }
      const { id, type, unrendered, unreadable, dataref } = await within(
        left(),
        enqueue(verified, dependencies, place),
      );
      // An id that is not MessageMedia's may be anything, even a phone number, so it is not logged.
      const account = verified.owner?.account;
      const ids = {
        ...(isUuid(id) && { id }),
        ...(keyId !== undefined && { keyId }),
        ...(account !== undefined && { account }),
      };
      const age = Math.round((dependencies.now() - Number(parseHttpDate(verified.date))) / 1000);
      const template = { ...(unrendered.length > 0 && { unrendered }), ...(unreadable && { unreadable }) };
      const size = { bytes: verified.body.length, ...(dataref !== undefined && { stored: true }) };
      dependencies.report({ outcome: logMessages.accepted, requestId, ...ids, type, ...size, age, ...template });
      return answer(202, { id });
    } catch (error) {
      const status = statusOf(error);
      const reason = error instanceof ReceiverError ? error.code : 'unexpected';
      const outcome = status === 503 ? logMessages.failed : logMessages.refused;
      const captured = outcome === logMessages.refused ? await dependencies.capture?.(event, left()) : undefined;
      dependencies.report({
        ...{ outcome, requestId, status, reason, error },
        ...(captured !== undefined && { captured }),
      });
      return answer(status, { error: wordOf[status] });
    }
  };
}

async function enqueue(
  request: VerifiedRequest,
  dependencies: ReceiverDependencies,
  place: ReturnType<typeof createPlacement>,
): Promise<QueueMessage> {
  try {
    const { foreignAccount, dataContentType, write } = describeEvent(request);
    if (foreignAccount !== undefined) {
      throw new ReceiverError('foreign_account', `The event names account ${foreignAccount}, which has another key`);
    }
    let archived: Promise<void> | undefined;
    const send = async (message: QueueMessage) => {
      // Once, whatever forms the queue refuses: each holds the same signed bytes. It is waited for in any case, because
      // Lambda may freeze what goes on after the answer.
      archived ??= dependencies.archive?.(message);
      await dependencies.send(message).finally(() => archived);
    };
    const offload = async (bytes: number) =>
      write({ dataref: await storeData(request.body, dataContentType, bytes, dependencies) });
    const trySend = (placement?: 'base64') =>
      place({ dataBytes: request.body.length, inline: () => write(placement), offload }, send);
    return await trySend().catch((error: unknown) => {
      if (refusesCharacters(error)) return trySend('base64');
      throw error;
    });
  } catch (error) {
    if (error instanceof ReceiverError) throw error;
    throw new ReceiverError('queue_unavailable', 'SQS did not take the event', { cause: error });
  }
}

/** The work goes on after that, and the event may still reach the queue. The retry is the same event there. */
async function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result> {
  if (milliseconds === Number.POSITIVE_INFINITY) return work;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new ReceiverError('queue_unavailable', 'S3 and SQS did not take the event while the sender waits'));
  }, milliseconds);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}

/** @param bytes that the message would have with the data @returns where the data is */
async function storeData(
  body: Uint8Array,
  contentType: string | undefined,
  bytes: number,
  { store }: ReceiverDependencies,
): Promise<string> {
  if (store === undefined) {
    const limit = `SQS takes ${maxMessageBytes}, or less if the queue's MaximumMessageSize says so`;
    throw new ReceiverError('event_too_large', `The event has at least ${bytes} bytes; ${limit}`);
  }
  try {
    return await store(body, contentType);
  } catch (error) {
    throw new ReceiverError('storage_unavailable', 'S3 did not take the data of a large event', { cause: error });
  }
}

function answer(statusCode: number, body: Record<string, string>): Answer {
  const retry: Record<string, string> = statusCode === 503 ? { 'retry-after': '5' } : {};
  return { statusCode, headers: { 'content-type': 'application/json', ...retry }, body: JSON.stringify(body) };
}
