import type { ValidMessages } from './valid-messages.ts';
import type { ReaderInput } from './verdict.ts';

/** Values that parsers of different languages read in different ways. */
const oddValues = [
  '1e400',
  '-1e400',
  '1e-400',
  '-0',
  '12345678901234567890',
  '9'.repeat(310),
  '9'.repeat(4_301),
  `-${'1'.repeat(6_000)}`,
  '0.1000000000000000055511151231257827',
  '01',
  '1.',
  '.5',
  '+1',
  'NaN',
  'Infinity',
  '-Infinity',
  'undefined',
  'true',
  'null',
  '[]',
  '{}',
  '""',
  '"\\ud83d"',
  '"\\ud83d\\udc4d"',
  '"\\u0000"',
  '"\t"',
  '"\\x"',
  "'text'",
  '"\u2028"',
  '"\ufeff"',
  '{"__proto__":1,"a":1,"a":2}',
  '{"2":1,"1":2,"2":3}',
  '[1,]',
  '{"a":1,}',
  '{"a" 1}',
];

/** Values that cost something: they are chosen less often. */
const heavyValues = [
  `${'['.repeat(1_200)}${']'.repeat(1_200)}`,
  `${'{"a":'.repeat(1_200)}1${'}'.repeat(1_200)}`,
  `${'[{"a":1,"a":[],"b":'.repeat(2_000)}"x"${'}]'.repeat(2_000)}`,
  `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
  '['.repeat(5_000),
  `"${'\\\\'.repeat(20_000)}"`,
  `{${Array.from({ length: 3_000 }, (_, index) => `"n${index % 2_000}":${index}`).join(',')}}`,
  `[${'1,'.repeat(20_000)}1]`,
  `"${'\\ud83d'.repeat(5_000)}"`,
];

const oddTexts = [
  '',
  ' ',
  '0',
  '1.0',
  'poll',
  'com.messagemedia.webhook',
  'com.messagemedia.reply',
  'com.messagemedia.other',
  'application/json',
  'text/plain; charset=json',
  'application/vnd.x+JSON ; a=b',
  'application/j\u017fon',
  'application/json\ufeff',
  'a/json\u0085',
  'SHA256',
  'sha-256',
  'SHA1',
  'e30=',
  'e31=',
  'e30',
  '====',
  'A'.repeat(1_368),
  'A'.repeat(1_372),
  'POST / HTTP/1.1',
  'POST  / HTTP/1.1',
  'POST /a\u00a0b HTTP/1.1',
  'POST /\u0085 HTTP/1.1',
  'POST /👍 HTTP/1.1',
  'POST / HTTP/1.0',
  'P(ST / HTTP/1.1',
  'Wed, 18 Jul 2018 06:33:52 GMT',
  'wed, 18 Jul 2018 06:33:52 GMT',
  'Thu, 18 Jul 2018 06:33:52 GMT',
  'Thu, 01 Jan 0099 00:00:00 GMT',
  'Wed, 18 Jul 2018 06:33:60 GMT',
  'Wed, 4 Jul 2018 06:33:52 GMT',
  'Wed,  4 Jul 2018 06:33:52 GMT',
  'Wed, 18 Jul 2018 6:33:52 GMT',
  'Wed, \u0664 Jul 2018 06:33:52 GMT',
  'Thu, 29 Feb 2024 24:00:00 GMT',
  '2018-07-18T06:33:52Z',
  '2018-07-18T06:33:52.123456789+10:00',
  '2018-07-18T06:33:52+24:00',
  '2018-07-18T06:33:52-23:60',
  '2018-07-18T06:33:60Z',
  '2018-02-30T06:33:52Z',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+23:59',
  '2018-07-18t06:33:52z',
  '२०१८-07-18T06:33:52Z',
  's3://bucket/key',
  's3://bucket/../key',
  '\ud83d',
  'sha2\uff156',
  'r\u017fa',
  '\u212a',
  'e30=\n',
  'e3\u00ad0=',
  '_-8=',
  '\u202e',
  '12345678901234567890',
  '__proto__',
];

/** What may be where a `dataref` points to. */
const storedBytes = [
  '',
  '{"reply_id":"r-1","reply_id":"r-2"}',
  '\ufeff{"reply_id":"r-1"}',
  ' {"a":[1e400,-0,1E5,"\\ud83d"]} ',
  '[1,]',
  'null',
  'status=delivered',
  `${'['.repeat(3_000)}${']'.repeat(3_000)}`,
  '{"a":NaN}',
]
  .map((text) => Buffer.from(text))
  .concat(Buffer.from([0xff, 0xfe]), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('{"a":"\ud800"}', 'utf16le'))
  .map((bytes) => bytes.toString('base64'));

/** Of the valid messages, and others. */
const accounts = ['MessageMedia123', "!~*'()/%", 'other'];

const names = ['id', 'type', 'source', 'subject', 'specversion', 'time', 'datacontenttype', 'data', 'data_base64'];
const extensions = [
  'dataref',
  'dataschema',
  'mmorigin',
  'mmkeyid',
  'mmdigest',
  'mmrequestline',
  'mmdate',
  'mmsignature',
];
const others = ['mmrepeated', 'mmreplay', 'Foo', 'a-b', '', 'x', 'é', '__proto__', '1'];
const members = [...names, ...extensions, ...others];

/** Inputs for a reader at random: valid ones, of which most have been changed. */
export function* generateInputs(seed: number, count: number, valid: ValidMessages): Generator<ReaderInput> {
  const { pick, mutateMessage, mutateKeyring } = createMutator(seed, valid.messages);
  for (let index = 0; index < count; index++) {
    const message = pick(valid.messages);
    const isChanged = index % 20 > 0;
    yield {
      message: isChanged ? mutateMessage(message) : message,
      keyring: isChanged ? mutateKeyring(valid.keyring) : valid.keyring,
      stored: pick(storedBytes),
    };
  }
}

function createMutator(seed: number, messages: readonly string[]) {
  let state = seed >>> 0;
  // mulberry32
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const place = (text: string): number => Math.floor(random() * (text.length + 1));
  const anyValue = (): string => {
    const chance = random();
    if (chance < 0.01) return pick(heavyValues);
    return chance < 0.4 ? pick(oddValues) : JSON.stringify(pick(oddTexts));
  };

  const ofMember = (text: string, name: string, change: (source: string) => string): string => {
    const member = new RegExp(`"${name}":("(?:[^"\\\\]|\\\\.)*"|[^,{}[\\]"]+|[{[][^{}[\\]]*[}\\]])`);
    return text.replace(member, (found) => change(found));
  };
  const mutations: ((text: string) => string)[] = [
    (text) => ofMember(text, pick(members), (found) => `${found.slice(0, found.indexOf(':') + 1)}${anyValue()}`),
    (text) => ofMember(text, pick(members), () => '').replace(/([{,]),|,(})/, '$1$2'),
    (text) => ofMember(text, pick(members), (found) => found.replace(/^"[^"]*"/, JSON.stringify(pick(members)))),
    (text) => text.replace('{', () => `{${JSON.stringify(pick(members))}:${anyValue()},`),
    (text) => text.replace(/\}$/, () => `,${JSON.stringify(pick(members))}:${anyValue()}}`),
    (text) => text.slice(0, place(text)),
    (text) => text.replace(',"data":', () => pick([', "data":', ',"data" :', ',"data":\t', ',"data":{"a":1},"data":'])),
    (text) => text.replace(/,"data":.*/s, () => `,"data":${anyValue()}}`),
    (text) =>
      ofMember(text, pick(['mmdigest', 'mmkeyid', 'mmsignature']), (found) =>
        found.replace(/[a-zA-Z1-8]/g, (c) => (random() < 0.02 ? pick(['A', '2', c.toUpperCase()]) : c)),
      ),
    (text) => {
      const at = place(text);
      return (
        text.slice(0, at) +
        pick(['"', '\\', ',', '{', '}', ' ', '\n', '\u0000', '\ufeff', '\u00a0', 'é']) +
        text.slice(at)
      );
    },
    // Bytes of any kind, as SQS would hand them on.
    (text) => {
      const bytes = Buffer.from(text);
      for (let left = 1 + Math.floor(random() * 3); left > 0; left--) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      return bytes.toString('utf8');
    },
    // One half of each of two messages.
    (text) => {
      const other = pick(messages);
      return text.slice(0, place(text)) + other.slice(place(other));
    },
    // A character that is like another in some language.
    (text) => {
      const at = place(text);
      return (
        text.slice(0, at) + pick(['\u017f', '\u212a', '\u0130', '\u0131', '\uff11', '\u0661']) + text.slice(at + 1)
      );
    },
    // Escapes of what need not be escaped.
    (text) => {
      const at = place(text);
      const code = text.charCodeAt(at);
      return Number.isNaN(code)
        ? text
        : `${text.slice(0, at)}\\u${code.toString(16).padStart(4, '0')}${text.slice(at + 1)}`;
    },
    // A number in the data.
    (text) => text.replace(/:(?:\d+|"[^"]*")(?=[,}])/g, (found) => (random() < 0.1 ? `:${pick(oddValues)}` : found)),
  ];
  const mutateMessage = (message: string): string => {
    let changed = message;
    do changed = pick(mutations)(changed);
    while (random() < 0.3);
    return changed;
  };

  const keyringMutations: ((text: string) => string)[] = [
    (text) => text.replace('{"keys":[', () => `{"keys":[${anyValue()},`),
    (text) => text.replace('"keys":[', () => `"keys":${pick(['null', '{}', '[', '[[],[null],'])}`),
    (text) =>
      ofMember(
        text,
        pick(['key_id', 'digest', 'cipher', 'public_key']),
        (found) => `${found.slice(0, found.indexOf(':') + 1)}${anyValue()}`,
      ),
    (text) => ofMember(text, pick(['key_id', 'digest', 'cipher', 'public_key']), () => '"x":1'),
    (text) => text.replace('"key_id"', () => `"${pick(['retired_at', 'deleted_at'])}":${anyValue()},"key_id"`),
    (text) =>
      text.replace(
        '"key_id"',
        () => `"retired_at":"${pick(['2018-01-01T00:00:00Z', '2999-01-01T00:00:00.5+01:00'])}","key_id"`,
      ),
    // One key, or all of them, of an account.
    (text) => text.replace(pick([/"key_id"/, /"key_id"/g]), () => `"account":"${pick(accounts)}","key_id"`),
    (text) => text.replace('"key_id"', () => `"account":${anyValue()},"key_id"`),
    (text) => text.replace('"key_id":"', () => `"key_id":"${pick(['\u00a0', '\u001c', ' '])}`),
    (text) => /"public_key":"([^"]+)"/.exec(text)?.[1] ?? text,
    (text) =>
      text.replace(
        /"public_key":"([^"]+)"/,
        (_, key) =>
          `"public_key":"-----BEGIN ${pick(['PUBLIC', 'RSA PUBLIC', 'PRIVATE'])} KEY-----\\\\n${key}\\n-----END PUBLIC KEY-----"`,
      ),
    (text) => `${pick(['\ufeff', '\u0085', ' '])}${text}`,
    (text) => text.slice(0, place(text)),
    () => pick(['', '{}', '{"keys":[]}', '{"keys":[null]}', '{"keys":[{}]}', '[]', '{"keys":{}}']),
  ];
  const mutateKeyring = (keyring: string): string => {
    let changed = keyring;
    while (random() < 0.25) changed = pick(keyringMutations)(changed);
    return changed;
  };
  return { pick, mutateMessage, mutateKeyring };
}
