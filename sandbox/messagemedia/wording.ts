import { ApiError } from './errors.ts';
import type { Reply } from './faults.ts';

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
