import { createHash } from 'node:crypto';
import type { Render } from '../../../cli/webhooks/webhook-outcome.ts';
import { problemsOf } from '../../../cli/webhooks/webhook-problems.ts';
import { renderTemplate } from '../../../signing/render-template.ts';
import { rows } from '../../cli/webhooks/webhook-table.ts';

/** Under which a rendering is kept: its inputs are as large as the result is small. */
export function keyOf(template: string, variables: object): string {
  return createHash('sha256')
    .update(JSON.stringify([template, variables]))
    .digest('hex')
    .slice(0, 32);
}

/** Everything that a check of these webhooks has rendered, and every template on its own. */
export function casesOf(): { key: string; template: string; variables: object }[] {
  const cases = new Map<string, { key: string; template: string; variables: object }>();
  const add = (template: string, variables: object) => {
    const key = keyOf(template, variables);
    cases.set(key, { key, template, variables });
  };
  const render: Render = (template, variables) => {
    add(template, variables);
    return renderTemplate(template, variables);
  };
  for (const { webhook } of rows) {
    problemsOf(webhook, render);
    if (webhook.template !== undefined) add(webhook.template, {});
  }
  return [...cases.values()];
}

/** Prints them for Apache Velocity: see make.sh. */
if (import.meta.main) console.log(JSON.stringify(casesOf()));
