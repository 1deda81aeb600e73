import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Render } from '../../../cli/webhooks/webhook-outcome.ts';
import { addressProblem, problemsOf } from '../../../cli/webhooks/webhook-problems.ts';
import { wishesOf } from '../../../cli/webhooks/webhook-wishes.ts';
import { webhookEvents } from '../../../lambda/messagemedia/types.ts';
import { keyOf } from '../../vectors/velocity/webhook-cases.ts';
import { rows } from './webhook-table.ts';

interface Vector {
  rendered?: string;
  renderedByOlder?: string;
  refused?: true;
}
const vectors: Record<string, Vector> = JSON.parse(
  readFileSync(new URL('../../vectors/webhooks.json', import.meta.url), 'utf8'),
);

function vectorOf(template: string, variables: object): Vector {
  const vector = vectors[keyOf(template, variables)];
  if (vector) return vector;
  throw new Error('Apache Velocity did not render it: run test/vectors/velocity/make.sh');
}

/** The renderings of Apache Velocity 2.4.1 and 1.7. */
const engines: Record<string, Render> = {
  '2.4.1': (template, variables) => textOf(vectorOf(template, variables).rendered),
  '1.7': (template, variables) => {
    const { rendered, renderedByOlder = rendered } = vectorOf(template, variables);
    return textOf(renderedByOlder);
  },
};

function textOf(rendered: string | undefined): string {
  if (rendered !== undefined) return rendered;
  throw new SyntaxError('It is refused');
}

describe.each(rows)('$name', ({ webhook, problems }) => {
  const found = problemsOf(webhook);

  test('is found, and nothing else', () => {
    expect(found.map(({ severity, code, events }) => `${severity} ${code} ${events}`)).toEqual(problems);
  });

  test.each(Object.keys(engines))('is so with Apache Velocity %s', (version) => {
    expect(problemsOf(webhook, engines[version])).toEqual(found);
  });

  test('can be rendered at all, or is said not to be', () => {
    if (webhook.template === undefined) return;
    const isRefused = vectorOf(webhook.template, {}).refused === true;
    expect(isRefused).toBe(problems.some((problem) => problem.includes('not_velocity')));
  });
});

test('a webhook of ours has no problem', () => {
  const wishes = wishesOf({ url: 'https://a.example/m', events: webhookEvents, retries: 0, retryDelay: 5 });
  expect(wishes.flatMap((wish) => problemsOf({ ...wish, events: [...wish.events] }))).toEqual([]);
});

test('one problem of several events is told once, and an event that nobody knows is left out', () => {
  const webhook = { url: 'https://a.example/m', method: 'POST', encoding: 'JSON', template: '{"text":"$mtContent"}' };
  const events = ['NEW_EVENT', 'RECEIVED_SMS', 'DELIVERED_DR'];
  expect(problemsOf({ ...webhook, events })).toMatchObject([
    { code: 'unescaped', events: ['DELIVERED_DR', 'RECEIVED_SMS'], mend: 'Write "$!esc.json($!mtContent)".' },
    { code: 'no_id', events: ['DELIVERED_DR'] },
    { code: 'no_id', events: ['RECEIVED_SMS'] },
  ]);
});

const callbackUrl = 'https://a.example/production/messagemedia';

test.each([
  [callbackUrl, undefined],
  [`${callbackUrl}?kind=reply&id=$moId#x`, undefined],
  ['https://A.example:443/production/messagemedia', undefined],
  ['https://b.example/production/messagemedia', 'It goes to b.example, not to the stack.'],
  [`${callbackUrl}/`, 'ends in a slash'],
  [`${callbackUrl}/?kind=reply`, 'ends in a slash'],
  ['https://a.example/messagemedia', 'Its path is /messagemedia:'],
  ['https://a.example/production/MessageMedia', '404'],
  ['http://a.example/production/messagemedia', 'Nothing of the stack answers at http://a.example.'],
  ['https://a.example:8443/production/messagemedia', ':8443'],
  ['a.example/production/messagemedia', 'It is not a URL.'],
])('the address %s', (url, what) => {
  const webhook = { id: 'w', url, method: 'POST', encoding: 'JSON', events: ['OPT_OUT_SMS'], headers: {} };
  const severity = url.includes('b.example') ? 'info' : 'error';
  const expected = { severity, code: 'address', events: ['OPT_OUT_SMS'], what: expect.stringContaining(String(what)) };
  expect(addressProblem(webhook, callbackUrl)).toEqual(what && { ...expected, mend: expect.any(String) });
});

test('a webhook that misses the stack keeps its query when it is mended', () => {
  const webhook = {
    id: 'w',
    url: `${callbackUrl}/?kind=reply#x`,
    method: 'POST',
    encoding: 'JSON',
    events: [],
    headers: {},
  };
  expect(addressProblem(webhook, callbackUrl)?.mend).toBe(
    `npx mmw webhooks update w --url '${callbackUrl}?kind=reply'`,
  );
});
