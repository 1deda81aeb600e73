import { sign as signBytes } from 'node:crypto';
import fc from 'fast-check';
import { sign } from '../../../lambda/signature.ts';
import type { WireRequest } from '../../../signing/sender.ts';
import { makeKey, type TestKey } from '../../support.ts';
import type { Json } from './front-doors.ts';

/** Any UTF-16 at all, halves of surrogate pairs too. */
export const anyText = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint16Array({ maxLength }).map((units) => String.fromCharCode(...units));

/** Values that parsers stumble over, beside anything at all. */
export const nasty = fc.oneof(
  fc.constantFrom<unknown>(
    ...['', ' ', '\0', '\r\n', '\ud800', '__proto__', 'constructor', 'a'.repeat(10_000), '[['.repeat(2_000)],
    ...['%', '%zz', '%2f', '/../', '?', '#', '//', '=', '&', ';', ',', '"', '\\', '\ufeff', '\u0085', '\u202e'],
    ...['SHA-512', 'sha224', 'MD5', 'none', 'RSA', 'HMAC', 'application/json', 'Tue, 24 Nov 2026 09:00:00 GMT'],
    ...[null, true, 0, -1, 1e308, {}, [], [[]], { constructor: 1 }, { length: 1e9 }, ['a', ['b'], null]],
  ),
  anyText(300),
  fc.jsonValue({ maxDepth: 3 }),
);

const textOf = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

type Attack = (request: WireRequest, value: unknown, at: number) => WireRequest;

const signatureHeader = 'x-messagemedia-signature';

function withHeader(request: WireRequest, name: string, change: (value: string) => string): WireRequest {
  return { ...request, headers: { ...request.headers, [name]: change(request.headers[name] ?? '') } };
}

const splice = (text: string, at: number, inserted: string) =>
  text.slice(0, at % (text.length + 1)) + inserted + text.slice((at + 1) % (text.length + 1));

/** What a forger does to a request before a front door gets it, with a key of their own but not MessageMedia's. */
export function attacksOf(keys: readonly TestKey[]): Record<string, Attack> {
  const stranger = makeKey();
  const signed = (request: WireRequest, parts: Partial<WireRequest>): WireRequest => {
    const { method, target, headers, body } = { ...request, ...parts };
    try {
      const signature = sign({ method, target, date: headers.date ?? '', body }, stranger.privateKey, 'SHA256');
      return { method, target, body, headers: { ...headers, [signatureHeader]: signature } };
    } catch {
      return { ...request, ...parts };
    }
  };
  const names = ['date', 'digest-type', 'cipher-type', 'key-id', 'signature'];
  const headerAt = (at: number) => {
    const name = names[at % names.length] ?? 'date';
    return name === 'date' ? name : `x-messagemedia-${name}`;
  };
  return {
    'a header set': (request, value, at) => withHeader(request, headerAt(at), () => textOf(value)),
    'a header changed': (request, value, at) =>
      withHeader(request, headerAt(at), (header) => splice(header, at, textOf(value))),
    'a header twice': (request, _value, at) => withHeader(request, headerAt(at), (header) => `${header},${header}`),
    'a header in two cases': (request, value, at) => ({
      ...request,
      headers: { ...request.headers, [headerAt(at).toUpperCase()]: textOf(value) },
    }),
    'a header removed': (request, _value, at) => {
      const { [headerAt(at)]: _removed, ...headers } = request.headers;
      return { ...request, headers };
    },
    'another key id': (request, _value, at) =>
      withHeader(request, 'x-messagemedia-key-id', () => keys[at % keys.length]?.id ?? ''),
    'another body': (request, value) => ({ ...request, body: Buffer.from(textOf(value)) }),
    'another target': (request, value) => ({ ...request, target: textOf(value) }),
    'a changed target': (request, value, at) => ({ ...request, target: splice(request.target, at, textOf(value)) }),
    'another method': (request, value, at) => ({
      ...request,
      method: ['post', 'GET', 'DELETE', 'PO ST', '', textOf(value)][at % 6] ?? '',
    }),
    'signed by a stranger': (request, value) => signed(request, { body: Buffer.from(textOf(value)) }),
    'the body alone signed': (request) =>
      withHeader(request, signatureHeader, () =>
        signBytes('SHA256', request.body, stranger.privateKey).toString('base64'),
      ),
    'a signature with the modulus added': (request) =>
      withHeader(request, signatureHeader, (signature) => addModulus(signature, keys)),
  };
}

/** The same number to whoever reduces it: RFC 8017 has it refused. */
function addModulus(signature: string, keys: readonly TestKey[]): string {
  const { n = '' } = keys[0]?.publicKey.export({ format: 'jwk' }) ?? {};
  const numberOf = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex') || '0'}`);
  const sum = numberOf(Buffer.from(signature, 'base64')) + numberOf(Buffer.from(n, 'base64url'));
  const hex = sum.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64');
}

/** Where in an event something is changed, and how: set, removed, or a text cut and glued. */
export const mutation = fc.record({
  path: fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }),
  how: fc.constantFrom('set', 'remove', 'splice', 'swap', 'wrap', 'rename'),
  value: nasty,
  at: fc.nat(2_000),
});
export type Mutation = typeof mutation extends fc.Arbitrary<infer Value> ? Value : never;

/** Changes an event in place, never the value: as no front door does, but whoever may invoke the function can. */
export function mutate(event: Json, { path, how, value, at }: Mutation): void {
  let target: Json = event;
  for (const [depth, step] of path.entries()) {
    const names = Object.keys(target);
    const name = names[step % Math.max(1, names.length)];
    if (name === undefined) return;
    const inner = target[name];
    if (depth < path.length - 1 && typeof inner === 'object' && inner !== null) {
      target = inner as Json;
      continue;
    }
    if (how === 'remove') delete target[name];
    else if (how === 'splice' && typeof inner === 'string') target[name] = splice(inner, at, textOf(value));
    else if (how === 'swap') target[name] = target[names[at % names.length] ?? name];
    else if (how === 'wrap') target[name] = [inner, structuredClone(value)];
    else if (how === 'rename') {
      delete target[name];
      Object.defineProperty(target, textOf(value), { value: inner, ...writable });
    } else target[name] = structuredClone(value);
    return;
  }
}

/** As `JSON.parse` makes members, `__proto__` among them. */
const writable = { enumerable: true, configurable: true, writable: true };
