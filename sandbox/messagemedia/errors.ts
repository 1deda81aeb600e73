import { isObject } from '../../lambda/guards.ts';
import type { Reply } from './faults.ts';

/** A refusal. The words of the answer depend on the service, see `refusalOf`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly details: readonly string[];

  constructor(status: number, message: string, details: readonly string[] = []) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

/** A 400 with one detail for each field that is wrong. */
export function badRequest(...details: string[]): ApiError {
  return new ApiError(400, 'Bad Request', details);
}

/** A 404 of a service other than the signature keys, which have their own text. */
export function notFound(): ApiError {
  return new ApiError(404, 'Resource not found.');
}

/** The answer to an error, with the text from the API description for the service of this path. */
export function refusalOf(error: unknown, path: string): Reply {
  if (!(error instanceof ApiError)) return { status: 500, body: { message: String(error) } };
  const { status } = error;
  const body = bodyOf(error, serviceOf(path));
  return body === undefined ? { status } : { status, body };
}

type Service = 'keys' | 'webhooks' | 'messages';

function serviceOf(path: string): Service {
  if (path.startsWith('/v1/iam/')) return 'keys';
  return path.startsWith('/v1/webhooks/') ? 'webhooks' : 'messages';
}

/** If the description has no body for a status, the answer has none either, because nobody may rely on one. */
function bodyOf({ status, message, details }: ApiError, service: Service): object | undefined {
  if (status === 400 && details.length > 0) return badRequests[service](details);
  if (status === 401) return service === 'messages' ? { message } : undefined;
  if (status === 404 && service === 'webhooks') return undefined;
  return { message };
}

const badRequests: Record<Service, (details: readonly string[]) => object> = {
  keys: (details) => ({ message: 'Bad Request', details }),
  messages: (details) => ({
    message: 'Request failed to parse correctly. Please ensure input is valid and try again.',
    details,
  }),
  // Only these details are known. The description says that it never tells which field is wrong.
  webhooks: (details) => {
    const told = details.filter((detail) => /^\/url: Not|^\/events\/\d+: |^Failed to parse/.test(detail));
    return told.length > 0
      ? { message: 'Bad Request', details: told }
      : { message: 'Something went wrong. Please try again later.' };
  },
};

/** A body's fields. @throws {ApiError} 400 for anything but a JSON object */
export function fieldsOf(body: unknown): Record<string, unknown> {
  if (isObject(body)) return body;
  throw badRequest('Failed to parse message body.');
}

/** Whether webhooks can be sent there: its host is a name after RFC 1123. A URL object would mend some that MessageMedia refuses. */
export function isHttpUrl(value: unknown): value is string {
  if (typeof value !== 'string' || /[\s\p{Cc}]/u.test(value) || !URL.canParse(value)) return false;
  const [, host = ''] = /^https?:\/\/([^/?#:]*)(?::\d+)?(?:[/?#]|$)/i.exec(value) ?? [];
  return host.split('.').every((label) => /^[a-z\d-]+$/i.test(label) && !/^-|-$/.test(label));
}

/** Page number and size of a query, each a whole number within bounds. @param defaults for those left out @throws {ApiError} 400 */
export function paging(
  query: URLSearchParams,
  firstPage: number,
  defaults: { page?: number; page_size?: number } = {},
) {
  const read = (name: 'page' | 'page_size', least: number, most: number) => {
    const text = query.get(name) ?? String(defaults[name]);
    const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw badRequest(`${name} property value is invalid`);
  };
  return { page: read('page', firstPage, 999_999), pageSize: read('page_size', 1, 100) };
}
