import type { Capture } from '../../diagnosis/capture.ts';
import { headersOf } from './raw-http.ts';

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"' };

/** Options of curl whose value says nothing about the request. */
const others = [
  '-o',
  '--output',
  '-m',
  '--max-time',
  '--connect-timeout',
  '-A',
  '--user-agent',
  '-e',
  '--referer',
  '-b',
  '--cookie',
  '-u',
  '--user',
  '--cacert',
  '--resolve',
  '-x',
  '--proxy',
];

/** The request that a curl command would make. The shell's quotes are read, but nothing is executed. */
export function readCurl(command: string): Capture {
  const [, ...words] = split(command);
  let method: string | undefined;
  let url = '';
  const pairs: [string, string][] = [];
  const data: string[] = [];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [, name = word, joined] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? /^(-[XHd])(.+)$/s.exec(word) ?? [];
    const value = () => joined ?? words.shift() ?? '';
    if (name === '-X' || name === '--request') method = value();
    else if (name === '-H' || name === '--header') {
      const [, header = '', text = ''] = /^([^:;]+)[:;]\s*(.*)$/s.exec(value()) ?? [];
      pairs.push([header, text]);
    } else if (/^(-d|--data(-raw|-binary|-ascii)?|--json)$/.test(name)) data.push(bodyOf(name, value()));
    else if (name === '--url') url = value();
    else if (others.includes(name)) value();
    else if (!name.startsWith('-')) url = name;
  }
  const target = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/#.*/, '');
  return {
    method: method ?? (data.length > 0 ? 'POST' : 'GET'),
    targets: [target.startsWith('/') ? target : `/${target}`],
    headers: headersOf([['host', /^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1]], ...pairs]),
    body: Buffer.from(data.join('&')),
  };
}

/** `-d` removes line breaks only from files, which are not read here. */
function bodyOf(name: string, value: string): string {
  if (name !== '--data-raw' && value.startsWith('@')) {
    throw new Error(`The body is in the file ${value.slice(1)}: write it into the command with --data-raw.`);
  }
  return value;
}

/** Words of a POSIX shell, with quotes of all kinds and continued lines. */
function split(command: string): string[] {
  const part = /'[^']*'|\$'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\\[\s\S]|[^\s'"\\]/gy;
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < command.length) {
    part.lastIndex = at;
    const found = part.exec(command)?.[0];
    at += found?.length ?? 1;
    if (found === undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (found !== '\\\n') word = (word ?? '') + unquote(found);
  }
  return word === undefined ? words : [...words, word];
}

function unquote(part: string): string {
  if (part.startsWith("$'")) {
    return part
      .slice(2, -1)
      .replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|([\s\S]))/gi, (_, byte, unit, other) =>
        other === undefined ? String.fromCharCode(Number.parseInt(byte ?? unit, 16)) : (escapes[other] ?? other),
      );
  }
  if (part.startsWith("'")) return part.slice(1, -1);
  if (part.startsWith('"'))
    return part
      .slice(1, -1)
      .replace(/\\(["\\$`])/g, '$1')
      .replaceAll('\\\n', '');
  return part.startsWith('\\') ? part.slice(1) : part;
}
