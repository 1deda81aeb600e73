import type { CapturedRequest } from '../../diagnosis/captured-request.ts';
import { breaks as wireBreaks } from '../../sandbox/breakages.ts';
import type { WireRequest } from '../../signing/sender.ts';

/** A request as it arrived. */
export function requestOf({ method, target, headers, body }: WireRequest): CapturedRequest {
  return { method, targets: [target], headers: new Map(Object.entries(headers)), body };
}

/** The breaks of the sandbox, applied to a capture. */
export const breaks = wireBreaks.map(([name, cause, change]) => {
  const changed = ({ targets, headers, ...capture }: CapturedRequest): CapturedRequest =>
    requestOf(
      change({
        ...capture,
        target: targets[0] ?? '',
        headers: Object.fromEntries(headers),
        body: Buffer.from(capture.body),
      }),
    );
  return [name, cause, changed] as const;
});
