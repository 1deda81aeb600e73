import { quote } from '../../bin/output.ts';
import type { Call } from './history.ts';

/** Headers that curl writes by itself. */
const ofCurl = /^(host|content-length|connection|transfer-encoding|user-agent|accept)$/i;

/** A command that sends the call again, byte for byte. */
export function curlOf({ method, target, request: { rawHeaders, body } }: Call, url: string): string {
  const headers: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = String(rawHeaders[index]);
    if (!ofCurl.test(name)) headers.push(`-H ${quote(`${name}: ${rawHeaders[index + 1]}`)}`);
  }
  const isText = Buffer.from(body.toString('utf8')).equals(body) && !body.includes(0);
  const data = body.length === 0 ? [] : [isText ? `--data-raw ${quote(body.toString('utf8'))}` : '--data-binary @-'];
  const command = [`curl --path-as-is -X ${method} ${quote(url + target)}`, ...headers, ...data].join(' \\\n  ');
  return isText ? command : `base64 -d <<< '${body.toString('base64')}' | ${command}`;
}
