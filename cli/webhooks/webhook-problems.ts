import { eventTypes } from '../../lambda/contract.ts';
import { isJson } from '../../lambda/event/identity.ts';
import { eventKinds } from '../../lambda/event/kinds.ts';
import { type RegisteredWebhook, type WebhookEventName, webhookEvents } from '../../lambda/messagemedia/types.ts';
import { renderTemplate } from '../../signing/render-template.ts';
import { kindOf, servedKinds, type TemplateKind } from './templates.ts';
import {
  type CheckedWebhook,
  isClosed,
  knownVariables,
  leftIn,
  type Outcome,
  type Render,
  receive,
  type Sample,
  sampleOf,
  typedVariables,
} from './webhook-outcome.ts';

export interface WebhookProblem {
  /** `error`: `mmw` does not create such a webhook. `info`: it may be meant so. */
  severity: 'error' | 'warning' | 'info';
  code:
    | ('address' | 'mark' | 'not_velocity' | 'no_template' | 'not_json' | 'unescaped' | 'typed_id')
    | ('no_variable' | 'unknown_variable' | 'other_kind' | 'no_id');
  events: WebhookEventName[];
  what: string;
  mend: string;
}
type Problem = Omit<WebhookProblem, 'events'>;

/** Variables that hold the id of an event, each of one kind only. */
const idVariables = new Set<string>(Object.values(eventKinds).flatMap((kind) => kind.idVariables));

const notVelocity: Problem = {
  severity: 'warning',
  code: 'not_velocity',
  what: 'It is not a template that Velocity can render, so nothing else was checked.',
  mend: 'Look for a reference or a block that is not closed, such as ${x or #if without #end.',
};

const noTemplate: Problem = {
  severity: 'warning',
  code: 'no_template',
  what: 'It has no template, and MessageMedia does not document what is sent then.',
  mend: 'Give it a template.',
};
const mark: Problem = {
  severity: 'warning',
  code: 'mark',
  what: 'The template begins with a byte order mark, which is not JSON.',
  mend: 'Give the template again: mmw leaves the mark out.',
};

/** @param name of a variable that holds text */
function unescaped(name: string): Problem {
  const what = `$${name} is not escaped. With a quote, a backslash or a line break in it the body is not JSON.`;
  const inside: Record<string, string> = { metadata: "$!metadata.get('key')", attachments: '$!entry.originalName' };
  return { severity: 'error', code: 'unescaped', what, mend: `Write "$!esc.json(${inside[name] ?? `$!${name}`})".` };
}

/** A reference that stays in the body. @param hasId whether the event's own id is there */
function noValue(name: string, kind: TemplateKind, hasId: boolean): Problem {
  if (!knownVariables.has(name)) {
    const what = `MessageMedia documents no $${name}.`;
    return { severity: 'warning', code: 'unknown_variable', what, mend: 'Check its name.' };
  }
  const what = `There is no $${name} here, so it stays in the text as it is written.`;
  const own = `Write $${servedKinds[kind].idVariables[0]} here`;
  const silent = `write $!${name}`;
  const mend = idVariables.has(name)
    ? `${own}. In a template for several kinds ${silent}.`
    : `In a template for several kinds ${silent}.`;
  return { severity: idVariables.has(name) && !hasId ? 'error' : 'warning', code: 'no_variable', what, mend };
}

/** Texts that break JSON where they are not escaped. */
const breaking = ['say "hi"', 'C:\\new', 'two\nlines'];
const plain = 'text';

/**
 * Renders the template of a webhook, or the URL of a GET, for each of its events, and reads the result as the receiver
 * does. So a problem is what really happens, however the template is written.
 */
export function problemsOf(webhook: CheckedWebhook, render: Render = renderTemplate): WebhookProblem[] {
  const problems = new Map<string, WebhookProblem>();
  for (const event of webhookEvents.filter((name) => webhook.events.includes(name))) {
    for (const problem of problemsFor(webhook, event, render)) {
      const name = [problem.code, problem.what, problem.mend].join(' ');
      const events = problems.get(name)?.events ?? [];
      problems.set(name, { ...problem, events: [...events, event] });
    }
  }
  return [...problems.values()];
}

function problemsFor(webhook: CheckedWebhook, event: WebhookEventName, render: Render): Problem[] {
  const { method, template = '' } = webhook;
  if (method !== 'GET' && template === '') return [noTemplate];
  const text = template.replace(/^\uFEFF/, '');
  const marks = text === template ? [] : [mark];
  try {
    return [
      ...marks,
      ...(isClosed(text) ? problemsOfText({ ...webhook, template: text }, event, render) : [notVelocity]),
    ];
  } catch {
    return [...marks, notVelocity];
  }
}

function problemsOfText(webhook: CheckedWebhook, event: WebhookEventName, render: Render): Problem[] {
  const kind = kindOf([event]) as TemplateKind;
  const keys = [...`${webhook.url} ${webhook.template}`.matchAll(/\.get\(\s*(['"])(.*?)\1/g)].map(
    ([, , key = '']) => key,
  );
  const full = sampleOf(event, keys, plain);
  const outcome = receive(webhook, full.variables, render);
  const left = leftIn(outcome.written);
  const hostile = (text: string, name: string) => {
    const value = sampleOf(event, keys, text).variables[name];
    return receive(webhook, { ...full.variables, [name]: value }, render);
  };
  const inFull = (name: string) => full.variables[name] !== undefined;
  const typed = typedVariables.filter((name) => inFull(name) && hostile('other', name).written !== outcome.written);
  const hasId = outcome.written.includes(full.id);
  const isMeantAsJson = isToBeJson(webhook, outcome);
  // What is no JSON, or has the id of another kind, has no id because of that.
  const isIdClear =
    !(isMeantAsJson && !isJson(outcome.written)) && (hasId || !left.some((name) => idVariables.has(name)));
  return [
    ...(isMeantAsJson ? problemsOfJson(outcome, left, typed, hostile) : problemsOfOther(webhook, typed, hostile)),
    ...left.map((name) => noValue(name, kind, hasId)),
    ...(isIdClear ? problemsOfId(outcome, full, kind) : []),
  ];
}

/** The vendor's own examples of forms have templates in JSON. */
function isToBeJson({ method, encoding }: CheckedWebhook, { written }: Outcome): boolean {
  return method !== 'GET' && (encoding === 'JSON' || isJson(written));
}

type Hostile = (text: string, name: string) => Outcome;

function problemsOfJson(
  { written }: Outcome,
  left: readonly string[],
  typed: readonly string[],
  hostile: Hostile,
): Problem[] {
  if (!isJson(written)) {
    const severity = left.every((name) => knownVariables.has(name)) ? 'error' : 'warning';
    const mend = 'Put values into quotes and commas between members, or give another --encoding.';
    return [{ severity, code: 'not_json', what: 'The body is not JSON.', mend }];
  }
  return typed.filter((name) => breaking.some((text) => !isJson(hostile(text, name).written))).map(unescaped);
}

function problemsOfOther(webhook: CheckedWebhook, typed: readonly string[], hostile: Hostile): Problem[] {
  if (typed.length === 0) return [];
  const names = typed.map((name) => `$${name}`).join(', ');
  if (typed.some((name) => forgeries(webhook).some((text) => hostile(text, name).id === 'typed'))) {
    const what = `An id that somebody types into ${names} is taken for that of the event.`;
    return [
      { severity: 'error', code: 'typed_id', what, mend: 'Put the ids first, and text under a name of its own.' },
    ];
  }
  const what = `MessageMedia does not document whether ${names} is escaped in a form, in XML and in a query.`;
  return [{ severity: 'warning', code: 'unescaped', what, mend: 'Leave it out, or use JSON with $esc.json.' }];
}

/** Texts that add ids of every kind to a form, a query, or each element of a document. */
function forgeries({ template = '' }: CheckedWebhook): string[] {
  const names = Object.values(servedKinds).map(({ idField }) => idField);
  const elements = names.map((name) => `<${name}>typed</${name}>`).join('');
  const around = new Set([...template.matchAll(/<([A-Za-z_][\w.-]*)>/g)].map(([, name]) => name));
  return [
    names.map((name) => `&${name}=typed`).join(''),
    ...[...around].map((name) => `</${name}>${elements}<${name}>`),
  ];
}

function problemsOfId({ written, id, type, isUnread }: Outcome, sample: Sample, kind: TemplateKind): Problem[] {
  const own = servedKinds[kind];
  if (type !== own.type && type !== eventTypes.webhook) {
    const what = `The receiver takes it for another kind: ${type}.`;
    return [
      {
        severity: 'warning',
        code: 'other_kind',
        what,
        mend: `Name its id ${own.idField}, and say kind=${kind} in the URL.`,
      },
    ];
  }
  if (id === sample.id) return [];
  if (isUnread) {
    const what = 'Its URL says kind=webhook, so nothing is read, and a retry is another event.';
    return [{ severity: 'info', code: 'no_id', what, mend: `To have its id read, say kind=${kind}.` }];
  }
  const where = written.includes(sample.id) ? 'Its id is not read' : 'It has no id';
  const what = `${where}, so a retry is another event, with the id of its request.`;
  const mend = `Begin with ${own.idField} as $!${own.idVariables[0]}, and say kind=${kind} in the URL.`;
  return [{ severity: 'warning', code: 'no_id', what, mend }];
}

/**
 * Whether a webhook misses the CallbackUrl of a stack.
 *
 * @param callbackUrl without a query; a webhook may have any, because it is signed but names no route
 */
export function addressProblem(webhook: RegisteredWebhook, callbackUrl: string): WebhookProblem | undefined {
  const { id, url, events } = webhook;
  const [given, right] = [URL.parse(url), new URL(callbackUrl)];
  if (given?.origin === right.origin && given.pathname === right.pathname) return undefined;
  const known = webhookEvents.filter((name) => events.includes(name));
  if (given !== null && given.hostname !== right.hostname) {
    const what = `It goes to ${given.hostname}, not to the stack.`;
    return { severity: 'info', code: 'address', events: known, what, mend: 'Nothing, if that is what you want.' };
  }
  const mend = `npx mmw webhooks update ${id} --url '${callbackUrl}${/\?[^#]*/.exec(url)?.[0] ?? ''}'`;
  return { severity: 'error', code: 'address', events: known, what: `${url}: ${whyNowhere(given, right)}`, mend };
}

function whyNowhere(given: URL | null, right: URL): string {
  if (given === null) return 'It is not a URL.';
  if (given.origin !== right.origin) return `Nothing of the stack answers at ${given.origin}.`;
  return given.pathname === `${right.pathname}/`
    ? 'Its path ends in a slash, which makes it another path: API Gateway answers 404.'
    : `Its path is ${given.pathname}: API Gateway answers 404.`;
}
