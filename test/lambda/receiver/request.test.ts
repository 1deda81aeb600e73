import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRequest } from '../../../lambda/receiver/request.ts';

const v2 = (overrides: object = {}, http: object = {}) => ({
  version: '2.0',
  rawPath: '/messagemedia',
  rawQueryString: '',
  headers: { 'content-type': 'application/json' },
  requestContext: { http: { method: 'POST', path: '/messagemedia', ...http }, requestId: 'r-1', stage: '$default' },
  isBase64Encoded: false,
  ...overrides,
});

const v1 = (overrides: object = {}) => ({
  httpMethod: 'POST',
  path: '/messagemedia',
  headers: {},
  multiValueHeaders: {},
  queryStringParameters: null,
  multiValueQueryStringParameters: null,
  requestContext: { path: '/prod/messagemedia', stage: 'prod', requestId: 'r-1' },
  body: null,
  isBase64Encoded: false,
  ...overrides,
});

describe('HTTP API and Function URL', () => {
  test('the target is path and raw query', () => {
    const { targets } = parseRequest(v2({ rawQueryString: 'b=2&a=1&a=%2B+1' }));
    expect(targets).toEqual(['/messagemedia?b=2&a=1&a=%2B+1']);
  });

  test('no other header is taken for Date', () => {
    expect(parseRequest(v2({ headers: { 'x-amzn-remapped-date': 'there' } })).headers.has('date')).toBe(false);
  });

  test('without a query, a lone question mark may have been written', () => {
    expect(parseRequest(v2()).targets).toEqual(['/messagemedia', '/messagemedia?']);
  });

  test('a decoded path is a candidate in its encoded form', () => {
    expect(parseRequest(v2({ rawPath: '/a b' })).targets).toEqual(['/a%20b', '/a%20b?']);
    expect(parseRequest(v2({ rawPath: '/café' })).targets).toContain('/caf%C3%A9');
    expect(parseRequest(v2({ rawPath: '/📨' })).targets).toEqual(['/📨', '/📨?', '/%F0%9F%93%A8', '/%F0%9F%93%A8?']);
    expect(parseRequest(v2({ rawPath: '/50%' })).targets).toContain('/50%25');
    expect(parseRequest(v2({ rawPath: '/a\tb' })).targets).toEqual(['/a%09b', '/a%09b?']);
    expect(parseRequest(v2({ rawPath: '/\ud800' })).targets).toEqual(['/%EF%BF%BD', '/%EF%BF%BD?']);
  });

  test.each([
    ['/messagemedia', true],
    ['/a b', false],
    ['/\ud800', false],
  ])('it shows whether the event has a good target as it is: %j', (rawPath, expected) => {
    expect(parseRequest(v2({ rawPath })).hasPlainTarget).toBe(expected);
  });

  test('what the event does not have is not made up', () => {
    expect(parseRequest(v2({ rawPath: undefined, rawQueryString: 'a=1' })).targets).toEqual(['?a=1']);
    expect(parseRequest(v2({ rawQueryString: undefined })).targets).toEqual(['/messagemedia', '/messagemedia?']);
    const { targets } = parseRequest(v2({ rawPath: '//a', requestContext: { http: { method: 'POST' } } }));
    expect(targets).toEqual(['//a', '//a?']);
  });

  test('the encoded path of a Function URL is a candidate as it is, and comes first', () => {
    expect(parseRequest(v2({ rawPath: '/caf%C3%A9' })).targets[0]).toBe('/caf%C3%A9');
  });

  test('a named stage may or may not have been written', () => {
    const event = v2({
      rawPath: '/prod/hook',
      rawQueryString: 'a=1',
      requestContext: { http: { method: 'POST' }, stage: 'prod' },
    });
    expect(parseRequest(event).targets).toEqual(['/prod/hook?a=1', '/hook?a=1']);
  });

  test.each(['/a\tb', '/a\u0000b', '/a b\u007f'])(
    'a target never holds white space or control characters: %j',
    (rawPath) => {
      for (const target of parseRequest(v2({ rawPath })).targets) expect(target).not.toMatch(/[\s\p{Cc}]/u);
    },
  );

  test('a query with a space leaves no candidate', () => {
    expect(parseRequest(v2({ rawQueryString: 'a=b c' })).targets).toEqual([]);
  });

  test('what the caller claims of itself takes no part', () => {
    const claims = { 'x-forwarded-path': '/other', 'x-original-url': '/other', forwarded: 'path=/other' };
    expect(parseRequest(v2({ headers: claims }, { protocol: 'HTTP/2' })).targets).toEqual([
      '/messagemedia',
      '/messagemedia?',
    ]);
  });

  test('the body is what was sent, whatever its type', () => {
    expect(parseRequest(v2({ body: 'Größe 👍' })).body).toEqual(Buffer.from('Größe 👍'));
    expect(parseRequest(v2({ body: '/wCA', isBase64Encoded: true })).body).toEqual(Buffer.from([0xff, 0, 0x80]));
    expect(parseRequest(v2()).body).toHaveLength(0);
    expect(parseRequest(v2({ body: '/wCA', isBase64Encoded: true })).bodyCharacters).toBe(4);
  });

  test.each([
    ['r-1', 'r-1'],
    ['', undefined],
    [7, undefined],
  ])('the id of the request is %j: %j', (requestId, expected) => {
    const event = v2({ requestContext: { http: { method: 'POST' }, requestId } });
    expect(parseRequest(event).requestId).toBe(expected);
  });

  test('a header whose value is no text is none', () => {
    expect([...parseRequest(v2({ headers: { a: 7, b: 'x', c: null } })).headers]).toEqual([['b', 'x']]);
    expect(parseRequest(v2({ headers: undefined })).headers.size).toBe(0);
    expect(parseRequest(v2({ headers: 'x' })).headers.size).toBe(0);
  });

  test('header names are case-insensitive', () => {
    const { headers } = parseRequest(v2({ headers: { Date: 'd', 'X-MessageMedia-Key-Id': 'k' } }));
    expect(headers.get('date')).toBe('d');
    expect(headers.get('x-messagemedia-key-id')).toBe('k');
  });
});

describe('REST API', () => {
  test('the path is the one the client wrote', () => {
    expect(parseRequest(v1()).targets).toEqual(['/prod/messagemedia', '/messagemedia']);
    const encoded = v1({ path: '/caf%C3%A9', requestContext: { path: '/prod/caf%C3%A9' } });
    expect(parseRequest(encoded).targets[0]).toBe('/prod/caf%C3%A9');
  });

  test('the query is written again in the spellings that senders use', () => {
    const event = v1({
      requestContext: { path: '/hook' },
      path: '/hook',
      multiValueQueryStringParameters: { text: ['a b:c'], tag: ['2', '1'] },
    });
    expect(parseRequest(event).targets).toEqual([
      '/hook?text=a%20b%3Ac&tag=2&tag=1',
      '/hook?text=a%20b:c&tag=2&tag=1',
      '/hook?text=a+b%3Ac&tag=2&tag=1',
    ]);
  });

  test('a character of four bytes in the query is encoded as one', () => {
    const event = v1({ path: null, multiValueQueryStringParameters: { text: ['📨 b'] } });
    expect(parseRequest(event).targets).toEqual([
      '/prod/messagemedia?text=%F0%9F%93%A8%20b',
      '/prod/messagemedia?text=%F0%9F%93%A8+b',
    ]);
  });

  test('one path will do, and without any there is no target', () => {
    expect(parseRequest(v1({ requestContext: {} })).targets).toEqual(['/messagemedia']);
    const nowhere = v1({ path: null, requestContext: {}, queryStringParameters: { a: '1' } });
    expect(parseRequest(nowhere)).toMatchObject({ targets: [], hasPlainTarget: false });
  });

  test('a value in the query that is no text is none', () => {
    const event = v1({ path: null, multiValueQueryStringParameters: { a: [1, '2'], b: null, c: '3' } });
    expect(parseRequest(event).targets).toEqual(['/prod/messagemedia?a=2&c=3']);
  });

  test('a plain query has one candidate a path', () => {
    const event = v1({ queryStringParameters: { a: '1' } });
    expect(parseRequest(event).targets).toEqual(['/prod/messagemedia?a=1', '/messagemedia?a=1']);
  });

  test('a repeated header keeps all its values', () => {
    const event = v1({ headers: { Date: 'second' }, multiValueHeaders: { Date: ['first', 'second'] } });
    expect(parseRequest(event).headers.get('date')).toBe('first,second');
  });

  test.each([
    ['Date is taken from where AWS may put it', { 'x-amzn-Remapped-Date': ['there'] }, 'there'],
    ['Date is taken from there also if it is empty', { Date: [''], 'x-amzn-remapped-date': ['there'] }, 'there'],
    ['Date counts if there are both', { 'x-amzn-remapped-date': ['there'], Date: ['here'] }, 'here'],
    ['there is no Date if there is neither', { 'x-amzn-remapped-host': ['there'] }, undefined],
    ['two such values stay two', { 'x-amzn-remapped-date': ['one', 'two'] }, 'one,two'],
  ])('%s', (_name, multiValueHeaders, expected) => {
    const { headers } = parseRequest(v1({ multiValueHeaders }));
    expect(headers.get('date')).toBe(expected);
    expect(headers.has('date')).toBe(expected !== undefined);
  });

  test('headers alone will do', () => {
    expect(parseRequest(v1({ headers: { Date: 'd' }, multiValueHeaders: null })).headers.get('date')).toBe('d');
  });
});

describe('anything else', () => {
  test.each([
    [undefined, 'event is not an object'],
    [{ requestContext: [] }, 'requestContext is not an object'],
    [v1({ httpMethod: 7 }), 'the method is not an HTTP token'],
    [v1({ httpMethod: 'PO ST' }), 'the method is not an HTTP token'],
    [v2({}, { method: undefined }), 'the method is not an HTTP token'],
    [v2({ body: 5 }), 'body is not a string'],
  ])('is told why: %j', (event, why) => {
    const message = `Not an API Gateway or Function URL event: ${why}`;
    expect(() => parseRequest(event)).toThrow(expect.objectContaining({ code: 'malformed_event', message }));
  });

  test('never crashes', () => {
    const shape = fc.record(
      {
        version: fc.anything(),
        rawPath: fc.anything(),
        rawQueryString: fc.anything(),
        path: fc.anything(),
        httpMethod: fc.constant('GET'),
        headers: fc.anything(),
        multiValueHeaders: fc.anything(),
        queryStringParameters: fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })),
        multiValueQueryStringParameters: fc.anything(),
        requestContext: fc.record({ path: fc.string({ unit: 'binary' }), http: fc.anything(), stage: fc.anything() }),
        body: fc.anything(),
        isBase64Encoded: fc.anything(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(shape, fc.anything()), (event) => {
        try {
          expect(parseRequest(event).body).toBeInstanceOf(Buffer);
        } catch (error) {
          expect(error).toMatchObject({ code: 'malformed_event' });
        }
      }),
    );
  });
});
