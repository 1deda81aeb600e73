import type { Capture } from '../../diagnosis/capture.ts';

/** A request as it was on the wire, chunked or not. */
export function readRawHttp(bytes: Buffer): { capture: Capture; cautions: string[] } {
  const end = /\r?\n\r?\n/.exec(bytes.toString('latin1'));
  const head = bytes.subarray(0, end?.index ?? bytes.length).toString('latin1');
  const rest = end ? bytes.subarray(end.index + end[0].length) : Buffer.alloc(0);
  const [line = '', ...lines] = head.split(/\r?\n/);
  const [method = '', target = ''] = line.split(' ');
  const headers = headersOf(
    lines.map((each) => {
      const colon = each.indexOf(':');
      return [each.slice(0, colon).trim(), each.slice(colon + 1).trim()];
    }),
  );
  const chunked = /chunked/i.test(headers.get('transfer-encoding') ?? '');
  const body = chunked ? joinChunks(rest) : rest;
  const announced = Number(headers.get('content-length') ?? body.length);
  const cautions: string[] = [];
  if (announced > body.length)
    cautions.push(`The capture is cut: it has ${body.length} of ${announced} bytes of the body.`);
  // Bytes after the announced length were not sent; an editor may have added a line break.
  const sent = announced < body.length ? body.subarray(0, announced) : body;
  return { capture: { method, targets: [target], headers, body: sent }, cautions };
}

function joinChunks(rest: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < rest.length; ) {
    const end = rest.indexOf('\n', at);
    const size = Number.parseInt(rest.subarray(at, end).toString('latin1'), 16);
    if (end < 0 || !(size > 0)) break;
    chunks.push(rest.subarray(end + 1, end + 1 + size));
    at = rest.indexOf('\n', end + 1 + size) + 1;
    if (at === 0) break;
  }
  return Buffer.concat(chunks);
}

/** Headers by lower-case name; several of one name are joined, as API Gateway does. */
export function headersOf(pairs: readonly (readonly [string, unknown])[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (typeof value !== 'string') continue;
    const key = name.toLowerCase();
    const earlier = headers.get(key);
    headers.set(key, earlier === undefined ? value : `${earlier},${value}`);
  }
  return headers;
}
