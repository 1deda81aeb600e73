/** A refusal. The words of the answer depend on the service, see `wording.ts`. */
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

/** A body's fields. @throws {ApiError} 400 for anything but a JSON object */
export function fieldsOf(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
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
