import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { toQueueMessage } from '../../../lambda/event/queue-message.ts';

interface Rendered {
  template: string;
  variables: { moContent?: string; notificationId?: string };
  rendered: string;
  renderedByOlder?: string;
}

/** Rendered by Apache Velocity, the present and the older version. */
const all: Rendered[] = JSON.parse(readFileSync(new URL('../../vectors/velocity.json', import.meta.url), 'utf8'));

const queued = (body: string, query = '') =>
  toQueueMessage({
    ...{ method: 'POST', target: `/m${query}`, date: 'Wed, 18 Jul 2018 06:33:52 GMT', signature: '', digest: 'SHA256' },
    ...{ keyId: undefined, contentType: 'application/json', requestId: 'request-1', body: Buffer.from(body) },
  });

/** The cases of a customer's template. */
function casesOf(template: string): (Rendered & { body: string })[] {
  const some = all.filter((each) => each.template === template);
  expect(some).toHaveLength(10);
  return some.flatMap((each) =>
    [each.rendered, each.renderedByOlder ?? each.rendered].map((body) => ({ ...each, body })),
  );
}

describe('a template with the id of a reply', () => {
  const cases = casesOf('{"reply_id":"$replyId","message_id":"$mtId","content":"$moContent"}');

  test('makes a reply of a reply, whatever somebody typed', () => {
    for (const { variables, body } of cases.filter((each) => each.variables.notificationId === undefined)) {
      // A backslash before an n makes other text, and no broken JSON.
      const isBroken = ['she said "yes"', 'two\nlines'].includes(String(variables.moContent));
      const message = queued(body);
      expect(message).toMatchObject({ id: 'r-1', type: 'com.messagemedia.reply', groupId: 'm-1' });
      expect(message.unreadable).toBe(isBroken ? true : undefined);
    }
  });

  test('makes no reply of an opt-out, and an opt-out where the URL says so', () => {
    for (const { variables, body } of cases.filter((each) => each.variables.notificationId !== undefined)) {
      // What adds an id of its own cannot be told from a template that has one: mmw refuses to register this template.
      if (variables.moContent?.includes('notification_id')) continue;
      expect(queued(body)).toMatchObject({ id: 'request-1', type: 'com.messagemedia.webhook', groupId: 'm-1' });
      expect(queued(body, '?kind=opt-out')).toMatchObject({ type: 'com.messagemedia.opt_out', groupId: 'm-1' });
    }
  });
});

test('a template with the ids of two kinds makes each of its kind, whatever somebody typed', () => {
  const template =
    '{"reply_id":"$moId","notification_id":"$notificationId","message_id":"$mtId","content":"$moContent"}';
  for (const { variables, body } of casesOf(template)) {
    const isOptOut = variables.notificationId !== undefined;
    expect(queued(body)).toMatchObject(
      isOptOut
        ? { id: 'n-1', type: 'com.messagemedia.opt_out', groupId: 'm-1' }
        : { id: 'r-1', type: 'com.messagemedia.reply', groupId: 'm-1' },
    );
  }
});
