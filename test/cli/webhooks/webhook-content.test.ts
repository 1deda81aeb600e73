import { describe, expect, test } from '@jest/globals';
import { templateFor } from '../../../cli/webhooks/templates.ts';
import { changesOf, contentOf, type Wish } from '../../../cli/webhooks/webhook-content.ts';
import { type RegisteredWebhook, webhookEvents } from '../../../lambda/messagemedia/types.ts';

const url = 'https://a.example/m';
const wish: Wish = { url, method: 'POST', encoding: 'JSON', events: ['RECEIVED_SMS'] };

describe('the URL of a new webhook', () => {
  test.each<[Partial<Wish>, string]>([
    [{}, '?kind=reply'],
    [{ events: ['DELIVERED_DR', 'FAILED_DR'] }, '?kind=delivery-report'],
    [{ events: ['OPT_OUT_SMS'], url: `${url}?token=a&b#c` }, '?kind=opt-out&token=a&b'],
    [{ template: '{"a":"$moContent"}' }, '?kind=webhook'],
    [{ template: '{"a":"$moContent"}', kind: 'reply' }, '?kind=reply'],
    [{ template: 'a', url: `${url}?kind=reply` }, '?kind=reply'],
    [{ url: `${url}?token=a&kind=reply` }, '?kind=reply&token=a'],
    [{ url: `${url}?kind=other` }, '?kind=other'],
    [{ url: `${url}?kind=webhook` }, '?kind=webhook'],
    [{ url: `${url}?mykind=a` }, '?kind=reply&mykind=a'],
  ])('%j: %s', (fields, expected) => {
    expect(contentOf({ ...wish, ...fields }).url).toBe(url + expected);
  });

  test.each<[string, Partial<Wish>, string]>([
    ['keeps variables of its own', { url: `${url}?t=$moContent` }, '?kind=reply&t=$moContent'],
    [
      'says webhook for several kinds',
      { url: `${url}?t=$mtId`, events: ['DELIVERED_DR', 'OPT_OUT_SMS'] },
      '?kind=webhook&t=$mtId',
    ],
  ])('of a GET %s', (_, fields, expected) => {
    expect(contentOf({ ...wish, method: 'GET', ...fields })).toEqual({ url: url + expected });
  });

  test.each<[Partial<Wish>, string]>([
    [{ events: ['RECEIVED_SMS', 'OPT_OUT_SMS'] }, 'no built-in template serves several: give events of one kind'],
    [{ events: webhookEvents, template: 'reply', kind: 'reply' }, 'without --template and --kind makes a webhook for'],
    [{ events: ['OPT_OUT_SMS'], template: 'reply' }, 'The template reply does not serve OPT_OUT_SMS'],
    [{ kind: 'opt-out' }, 'kind=opt-out fits none of the events RECEIVED_SMS'],
    [{ url: `${url}?kind=opt-out` }, 'kind=opt-out fits none of the events RECEIVED_SMS'],
    [{ url: `${url}?kind=webhook`, kind: 'reply' }, 'The URL says kind=webhook and --kind says reply'],
    [{ method: 'GET', template: 'a=$moId', url: `${url}?a=$moId` }, 'A GET webhook has no template'],
    [{ method: 'GET' }, 'put variables into the query of --url'],
    [{ encoding: 'XML' }, 'The built-in templates are JSON: with --encoding XML give your own --template.'],
  ])('%j is refused in words', (fields, words) => {
    expect(() => contentOf({ ...wish, ...fields })).toThrow(words);
  });
});

describe('a change of', () => {
  const current: RegisteredWebhook = {
    id: '1',
    url: `${url}?kind=reply&token=a`,
    method: 'POST',
    encoding: 'JSON',
    events: ['RECEIVED_SMS'],
    headers: {},
    template: templateFor('reply'),
  };
  const own = { ...current, template: '$moContent', url: `${url}?kind=webhook&token=a` };
  const byGet = { ...current, method: 'GET', url: `${url}?kind=reply&id=$moId` };
  const unmarked = { ...current, url };

  test.each<[string, RegisteredWebhook, Partial<Wish>, object]>([
    ['the method changes nothing', current, { method: 'PUT' }, {}],
    ['the URL keeps the kind', current, { url: `${url}/b` }, { url: `${url}/b?kind=reply` }],
    ['the URL keeps the kind of another template', own, { url: `${url}/b` }, { url: `${url}/b?kind=webhook` }],
    ['the URL makes no kind up', unmarked, { url: `${url}/b` }, { url: `${url}/b` }],
    ['the kind keeps the rest', own, { kind: 'reply' }, { url: `${url}?kind=reply&token=a` }],
    [
      'the events changes kind and template, and keeps the rest of the URL',
      current,
      { events: ['OPT_OUT_SMS'] },
      { url: `${url}?kind=opt-out&token=a`, template: templateFor('opt-out') },
    ],
    [
      'the encoding comes with another template',
      unmarked,
      { encoding: 'XML', template: '<r/>', kind: 'reply' },
      { url: `${url}?kind=reply`, template: '<r/>' },
    ],
    [
      'the template to another leaves nothing to be read',
      current,
      { template: 'x' },
      { url: `${url}?kind=webhook&token=a`, template: 'x' },
    ],
    [
      'the method to GET drops the template',
      current,
      { method: 'GET', url: `${url}?t=$moId` },
      { url: `${url}?kind=reply&t=$moId` },
    ],
    [
      'the method from GET brings a template',
      byGet,
      { method: 'POST', url },
      { url: `${url}?kind=reply`, template: templateFor('reply') },
    ],
    [
      'the events of a GET changes the kind',
      byGet,
      { events: ['OPT_OUT_SMS'] },
      { url: `${url}?kind=opt-out&id=$moId` },
    ],
  ])('%s', (_, before, fields, expected) => {
    expect(changesOf(before, fields)).toEqual(expected);
  });

  test('events to several kinds is refused without a template', () => {
    expect(() => changesOf(current, { events: ['RECEIVED_SMS', 'FAILED_DR'] })).toThrow('or your own --template');
  });
});
