import { isObject } from '../../lambda/guards.ts';
import { readLooseObject } from './loose-object.ts';

type Json = Record<string, unknown>;

/** A Lambda event that was found in a text. */
interface FoundEvent {
  event: Json & { requestContext: Json };
  /** Whether the log left out something of the text around it. */
  isCut: boolean;
}

/** Text that is JSON may hold text that is JSON; a log of a log is not deeper. */
const mostTexts = 4;
/** Most objects that are tried in one text. */
const mostTries = 2_000;

/**
 * Lambda events in a text: an event, a line of a log in JSON or as text, what `util.inspect` or Powertools writes, or the
 * answer of `aws logs filter-log-events`.
 */
export function findEvents(text: string, depth = 0): FoundEvent[] {
  if (depth > mostTexts || !text.includes('requestContext')) return [];
  const found: FoundEvent[] = [];
  let at = text.indexOf('{');
  for (let tries = 0; at >= 0 && tries < mostTries; tries++) {
    const object = wholeJson(text, at) ?? readLooseObject(text, at);
    if (object) found.push(...eventsIn(object.value, object.isCut, depth));
    at = text.indexOf('{', object ? object.end : at + 1);
  }
  return found;
}

/** Most texts are nothing but JSON, which is read faster. */
function wholeJson(text: string, at: number) {
  try {
    return at > 0 ? undefined : { value: JSON.parse(text) as unknown, end: text.length, isCut: false };
  } catch {
    return undefined;
  }
}

function eventsIn(root: unknown, isCut: boolean, depth: number): FoundEvent[] {
  const found: FoundEvent[] = [];
  const waiting = [root];
  // The list grows while it is read.
  for (const value of waiting) {
    if (typeof value === 'string') found.push(...findEvents(value, depth + 1));
    else if (isEvent(value)) found.push({ event: value, isCut });
    else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) waiting.push(inner);
  }
  return found;
}

function isEvent(value: unknown): value is FoundEvent['event'] {
  return isObject(value) && isObject(value.requestContext) && ('rawPath' in value || 'httpMethod' in value);
}
