import { describe, expect, test } from '@jest/globals';
import { ShapeError } from '../../../lambda/messagemedia/http.ts';
import { readBlacklistPage, readOptOutPage } from '../../../lambda/messagemedia/opt-outs.ts';
import { readBody } from '../../../sandbox/http.ts';
import { clientOf, failureOf, withServer } from './fixture.ts';

const page = (numbers: unknown, pagination?: unknown) => readBlacklistPage({ uri: '/v1', numbers, pagination });

const noToken = 'pagination has no token of the next page';

describe('a page of the blacklist', () => {
  test.each([
    ['the example of the description', { page: '0', next_uri: '/v1/number_authorisation/mt/blacklist?token=0' }, '0'],
    ['a token only', { page: 'eyJwYWdlIjoyfQ' }, 'eyJwYWdlIjoyfQ'],
    ['a URL only', { next_uri: '/v1/number_authorisation/mt/blacklist?token=a%2Bb%3D' }, 'a+b='],
    ['a whole URL, and an empty token', { page: '', next_uri: 'https://a.example/list?token=x' }, 'x'],
    ['nothing', undefined, undefined],
    ['null', null, undefined],
    ['an empty object', {}, undefined],
    ['null and an empty text', { page: null, next_uri: '' }, undefined],
    ['something else', { page_size: 100, previous: 'a', last_page: '3' }, undefined],
  ])('with %s knows the next one', (_what, pagination, next) => {
    const numbers = ['+61491570156', '61491570157'];
    expect(page(numbers, pagination)).toStrictEqual({ numbers, ...(next && { next }) });
  });

  test.each([
    ['has no numbers', {}, 'numbers is not a list'],
    ['is a list', [], 'the page of the blacklist is not an object'],
    ['has numbers that are numbers', { numbers: [61491570156] }, 'an entry of numbers is not a phone number'],
    ['has text that is no number', { numbers: ['+61 491'] }, 'an entry of numbers is not a phone number'],
    ['has a very long number', { numbers: ['1'.repeat(51)] }, 'an entry of numbers is not a phone number'],
    ['has a page that is a number', { numbers: [], pagination: { page: 2 } }, noToken],
    ['goes on in another way', { numbers: [], pagination: { next_token: 'a' } }, noToken],
    ['goes on without a token', { numbers: [], pagination: { next_uri: '/list?page=2' } }, noToken],
    ['goes on at a URL that is none', { numbers: [], pagination: { next_uri: 'http://' } }, noToken],
    ['has pagination as text', { numbers: [], pagination: 'x' }, 'pagination is not an object'],
  ])('that %s is refused, and never looks like the end', (_what, answer, words) => {
    expect(() => readBlacklistPage(answer)).toThrow(new ShapeError(words));
  });
});

const stop = { source_address: '+61491570156', message_id: 'm', direction: 'inbound' };

describe('a page of the report', () => {
  test('keeps what tells of an opt-out, and nothing else', () => {
    const known = {
      source_address: '+61491570156',
      message_id: 'm-1',
      timestamp: '2026-11-28T10:00:00',
      in_response_to: 'm-0',
      destination_address: '+61491570157',
      content: 'STOP',
      action: 'OPTOUT',
      account_id: 'a',
    };
    const metadata = [{ key: 'order', value: '47' }];
    const message = { ...known, direction: 'MO', metadata, format: 'SMS', units: 1, status: null };
    expect(readOptOutPage({ messages: [message], pagination: { has_next: true } })).toEqual({
      messages: [{ ...known, metadata: { order: '47' } }],
      hasNext: true,
    });
  });

  test('may lack everything but the phone', () => {
    const bare = { source_address: '+61491570156', message_id: null, metadata: null, direction: null };
    expect(readOptOutPage({ messages: [bare] }).messages).toEqual([{ source_address: '+61491570156' }]);
  });

  test.each([
    [0, undefined, false],
    [99, {}, false],
    [100, null, true],
    [100, { has_next: false }, false],
    [0, { has_next: true }, true],
  ])('of %i messages with pagination %j: another one follows: %s', (count, pagination, hasNext) => {
    const messages = Array(count).fill(stop);
    expect(readOptOutPage({ messages, pagination }).hasNext).toBe(hasNext);
  });

  test.each([
    ['no messages', {}, 'messages is not a list'],
    ['an empty answer', undefined, 'the report is not an object'],
    ['no phone', { messages: [{ ...stop, source_address: undefined }] }, 'source_address is not a phone number'],
    ['a message that was sent', { messages: [{ ...stop, direction: 'outbound' }] }, 'direction is not inbound'],
    ['a message that was sent, in short', { messages: [{ ...stop, direction: 'MT' }] }, 'direction is not inbound'],
    ['another direction', { messages: [{ ...stop, direction: 'inbounds' }] }, 'direction is not inbound'],
    ['yet another direction', { messages: [{ ...stop, direction: 'no mo' }] }, 'direction is not inbound'],
    ['pagination as text', { messages: [], pagination: 'x' }, 'pagination is not an object'],
    ['metadata of text', { messages: [{ ...stop, metadata: ['a'] }] }, 'an entry of metadata is not an object'],
    ['a message as text', { messages: ['x'] }, 'a message is not an object'],
    ['a time as a number', { messages: [{ ...stop, timestamp: 1 }] }, 'timestamp is not text'],
    ['metadata as an object', { messages: [{ ...stop, metadata: {} }] }, 'metadata is not a list'],
    [
      'metadata without a value',
      { messages: [{ ...stop, metadata: [{ key: 'a' }] }] },
      'an entry of metadata has no key and value',
    ],
  ])('with %s is refused', (_what, answer, words) => {
    expect(() => readOptOutPage(answer)).toThrow(new ShapeError(words));
  });
});

test('the report is asked for what phones sent, in UTC, and again after a temporary failure', async () => {
  const calls: unknown[] = [];
  await withServer(
    async (request, response) => {
      calls.push([`${request.method} ${request.url}`, JSON.parse(String(await readBody(request)))]);
      response.writeHead(calls.length === 1 ? 503 : 200).end('{"messages":[]}');
    },
    (server) => clientOf(server).client.optOutPage(new Date(0), new Date(86_400_000), 7),
  );
  const body = {
    start_date: '1970-01-01T00:00:00.000Z',
    end_date: '1970-01-02T00:00:00.000Z',
    timezone: 'Etc/UTC',
    direction: 'inbound',
    opt_out: true,
    page: 7,
    page_size: 100,
  };
  expect(calls).toEqual(Array(2).fill(['POST /v2-preview/reporting/messages/detail', body]));
});

test('a token goes to MessageMedia as it came, but never into an error or a log', async () => {
  const urls: unknown[] = [];
  const logged: string[] = [];
  const error = await withServer(
    ({ url }, response) => {
      urls.push(url);
      response.writeHead(urls.length > 1 ? 503 : 200).end('{"numbers":[]}');
    },
    async (server) => {
      const { client } = clientOf(server, { log: (line) => logged.push(line) });
      await client.blacklistPage();
      return failureOf(client.blacklistPage('+61491570156/&='));
    },
  );
  const path = '/v1/number_authorisation/mt/blacklist';
  expect(urls).toEqual([path, ...Array(4).fill(`${path}?token=%2B61491570156%2F%26%3D`)]);
  expect(logged).not.toEqual([]);
  expect(`${error.message}${error.stack}${logged}`).not.toContain('61491570156');
});
