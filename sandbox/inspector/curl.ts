import { quote } from '../../terminal/text.ts';
import { type Call, headerPairs } from './history.ts';

/** Headers that curl adds itself. */
const ofCurl = /^(host|content-length|connection|transfer-encoding|user-agent|accept)$/i;

/** A command that sends the call again, byte for byte. */
export function curlOf({ method, target, request: { rawHeaders, body } }: Call, url: string): string {
  const headers = headerPairs(rawHeaders)
    .filter(([name]) => !ofCurl.test(name))
    .map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`);
  const isText = Buffer.from(body.toString('utf8')).equals(body) && !body.includes(0);
  const data = body.length === 0 ? [] : [isText ? `--data-raw ${quote(body.toString('utf8'))}` : '--data-binary @-'];
  const command = [`curl --path-as-is -X ${method} ${quote(url + target)}`, ...headers, ...data].join(' \\\n  ');
  return isText ? command : `base64 -d <<< '${body.toString('base64')}' | ${command}`;
}
