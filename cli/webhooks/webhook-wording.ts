import { eventKinds } from '../../lambda/event/kinds.ts';
import type { WebhookEvent } from '../../lambda/messagemedia/types.ts';
import { idFields, type TemplateKind } from './templates.ts';
import { knownVariables } from './webhook-samples.ts';

export interface WebhookProblem {
  /** `error`: `mmw` does not create such a webhook. `info`: it may be meant so. */
  severity: 'error' | 'warning' | 'info';
  code:
    | ('mark' | 'not_velocity' | 'no_template' | 'not_json' | 'unescaped' | 'typed_id')
    | ('no_variable' | 'unknown_variable' | 'other_kind' | 'no_id');
  events: WebhookEvent[];
  what: string;
  mend: string;
}
export type Problem = Omit<WebhookProblem, 'events'>;

/** Variables that hold the id of an event, each of one kind only. */
export const idVariables = new Set<string>(Object.values(eventKinds).flatMap((kind) => kind.idVariables));

export const notVelocity: Problem = {
  severity: 'warning',
  code: 'not_velocity',
  what: 'It is not a template that Velocity can render, so nothing else was checked.',
  mend: 'Look for a reference or a block that is not closed, such as ${x or #if without #end.',
};

export const noTemplate: Problem = {
  severity: 'warning',
  code: 'no_template',
  what: 'It has no template, and MessageMedia does not document what is sent then.',
  mend: 'Give it a template.',
};
export const mark: Problem = {
  severity: 'warning',
  code: 'mark',
  what: 'The template begins with a byte order mark, which is not JSON.',
  mend: 'Give the template again: mmw leaves the mark out.',
};

/** @param name of a variable that holds text */
export function unescaped(name: string): Problem {
  const what = `$${name} is not escaped. With a quote, a backslash or a line break in it the body is not JSON.`;
  const inside: Record<string, string> = { metadata: "$!metadata.get('key')", attachments: '$!entry.originalName' };
  return { severity: 'error', code: 'unescaped', what, mend: `Write "$!esc.json(${inside[name] ?? `$!${name}`})".` };
}

export const notAlwaysJson: Problem = {
  severity: 'warning',
  code: 'not_json',
  what: 'The body is not JSON when a variable has no value.',
  mend: 'Write "$!x" in quotes, or #if($x)…#end.',
};

/** A reference that stays in the body. @param hasId whether the event's own id is there */
export function noValue(name: string, kind: TemplateKind, hasId: boolean): Problem {
  if (!knownVariables.has(name)) {
    const what = `MessageMedia documents no $${name}.`;
    return { severity: 'warning', code: 'unknown_variable', what, mend: 'Check its name.' };
  }
  const what = `There is no $${name} here, so it stays in the text as it is written.`;
  const own = `Write $${idFields[kind][1]} here`;
  const silent = `write $!${name}`;
  const mend = idVariables.has(name)
    ? `${own}. In a template for several kinds ${silent}.`
    : `In a template for several kinds ${silent}.`;
  return { severity: idVariables.has(name) && !hasId ? 'error' : 'warning', code: 'no_variable', what, mend };
}

/** A reference that stays in the body of some events. */
export function mayHaveNoValue(name: string): Problem {
  const what = `$${name} may have no value, and then stays in the text as it is written.`;
  return { severity: 'info', code: 'no_variable', what, mend: `Write $!${name}.` };
}
