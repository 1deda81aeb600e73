import { createHash } from 'node:crypto';
import type { Candidate } from './bodies.ts';
import type { Cause } from './causes.ts';
import type { SignedHash } from './digest-info.ts';

/** The parts of a request, each as it arrived and as it may have been. */
export interface Parts {
  method: string;
  target: string;
  date: string;
  body: Buffer;
  targets: readonly Candidate<string>[];
  dates: readonly Candidate<string>[];
  bodies: readonly Candidate<Buffer>[];
}

/** Most bytes that one search hashes. This takes about a second or less. */
const hashBudget = 600_000_000;
/** What a hash costs besides its bytes, counted in bytes. */
const hashOverhead = 500;

const methods = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'post', 'get'];
const versions = ['HTTP/1.0', 'HTTP/2', 'HTTP/2.0', 'HTTP/3', 'http/1.1', ''];

/** The part of the signed bytes before the body, with the changes that explain it. */
interface Head {
  text: string;
  causes: readonly Cause[];
}

/**
 * Looks for the bytes that were signed. It tries first the bytes that arrived, then every single change, then two together.
 *
 * @returns the changes that explain it; none if the bytes that arrived were signed; `undefined` if nothing fits
 */
export function findSignedBytes(parts: Parts, signed: SignedHash): readonly Cause[] | undefined {
  let spent = 0;
  const fits = (text: string, body: Buffer) => {
    spent += text.length + body.length + hashOverhead;
    return spent <= hashBudget && createHash(signed.digest).update(text).update(body).digest().equals(signed.hash);
  };

  const asArrived = head(parts);
  if (fits(asArrived, parts.body)) return [];
  const single = [...structures(parts), ...heads(parts)];
  for (const { text, causes } of single) if (fits(text, parts.body)) return causes;
  for (const { part, cause } of parts.bodies) if (fits(asArrived, part)) return [cause];
  for (const { text, causes } of scans(parts)) if (fits(text, parts.body)) return causes;
  for (const { part, cause } of parts.bodies) {
    for (const { text, causes } of single) if (fits(text, part)) return [...causes, cause];
  }
  for (const { text, causes } of pairs(parts)) if (fits(text, parts.body)) return causes;
  for (const { part, cause } of parts.bodies) {
    for (const { text, causes } of scans(parts)) if (fits(text, part)) return [...causes, cause];
  }
  return undefined;
}

function head({ method, target, date }: Pick<Parts, 'method' | 'target' | 'date'>, version = 'HTTP/1.1'): string {
  return `${method} ${target} ${version}${date}`;
}

/** What a sender signs that follows one of MessageMedia's samples, or uses separators. */
function structures({ method, target, date }: Parts): Head[] {
  const line = `${method} ${target} HTTP/1.1`;
  return [
    { text: '', causes: ['body_alone'] },
    { text: line, causes: ['no_date'] },
    { text: `${method} / HTTP/1.1`, causes: ['fixed_request_line', 'no_date'] },
    { text: date, causes: ['fixed_request_line'] },
    ...['\n', '\r\n', ' '].map((gap): Head => ({ text: `${line}${gap}${date}${gap}`, causes: ['separators'] })),
  ];
}

/** Heads with one change, except the dates that are tried second by second. */
function heads(parts: Parts): Head[] {
  const { targets, dates } = parts;
  return [
    ...targets.map(({ part, cause }): Head => ({ text: head({ ...parts, target: part }), causes: [cause] })),
    ...methods.map((other): Head => ({ text: head({ ...parts, method: other }), causes: ['method_changed'] })),
    ...versions.map((version): Head => ({ text: head(parts, version), causes: ['http_version'] })),
    ...dates
      .filter(({ cause }) => cause === 'date_reformatted')
      .map(({ part, cause }): Head => ({ text: head({ ...parts, date: part }), causes: [cause] })),
  ];
}

function scans(parts: Parts): Head[] {
  return parts.dates.map(({ part, cause }) => ({ text: head({ ...parts, date: part }), causes: [cause] }));
}

/** Heads with two changes. */
function* pairs(parts: Parts): Generator<Head> {
  for (const { part: target, cause } of parts.targets) {
    for (const method of methods) {
      yield { text: head({ ...parts, target, method }), causes: ['method_changed', cause] };
    }
    for (const version of versions)
      yield { text: head({ ...parts, target }, version), causes: [cause, 'http_version'] };
    for (const { part: date, cause: ofDate } of parts.dates) {
      yield { text: head({ ...parts, target, date }), causes: [cause, ofDate] };
    }
  }
  for (const method of methods) {
    for (const { part: date, cause } of parts.dates) {
      yield { text: head({ ...parts, method, date }), causes: ['method_changed', cause] };
    }
  }
}
