import type { Capture } from '../../diagnosis/capture.ts';
import { breaks as wireBreaks } from '../../sandbox/breakages.ts';
import type { WireRequest } from '../../signing/sender.ts';

/** A request as it arrived. */
export function captureOf({ method, target, headers, body }: WireRequest): Capture {
  return { method, targets: [target], headers: new Map(Object.entries(headers)), body };
}

/** The breaks of the sandbox, applied to a capture. */
export const breaks = wireBreaks.map(([name, cause, change]) => {
  const changed = ({ targets, headers, ...capture }: Capture): Capture =>
    captureOf(
      change({
        ...capture,
        target: targets[0] ?? '',
        headers: Object.fromEntries(headers),
        body: Buffer.from(capture.body),
      }),
    );
  return [name, cause, changed] as const;
});
