import { describe, expect, test } from '@jest/globals';
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
  test('no other header is taken for Date', () => {
    expect(parseRequest(v2({ headers: { 'x-amzn-remapped-date': 'there' } })).headers.has('date')).toBe(false);
  });

  const plain = ['/messagemedia', '/messagemedia?'];
  const named = { http: { method: 'POST' }, stage: 'prod' };
  const claims = { 'x-forwarded-path': '/other', 'x-original-url': '/other', forwarded: 'path=/other' };
  test.each<[string, object, string[]]>([
    ['path and raw query', { rawQueryString: 'b=2&a=1&a=%2B+1' }, ['/messagemedia?b=2&a=1&a=%2B+1']],
    ['a lone question mark, which may have been written', {}, plain],
    ['a decoded path in its encoded form', { rawPath: '/a b' }, ['/a%20b', '/a%20b?']],
    ['so with two bytes', { rawPath: '/é' }, ['/é', '/é?', '/%C3%A9', '/%C3%A9?']],
    ['so with four bytes', { rawPath: '/📨' }, ['/📨', '/📨?', '/%F0%9F%93%A8', '/%F0%9F%93%A8?']],
    ['so with a percent sign', { rawPath: '/50%' }, ['/50%', '/50%?', '/50%25', '/50%25?']],
    ['so with a tab', { rawPath: '/a\tb' }, ['/a%09b', '/a%09b?']],
    ['so with control characters', { rawPath: '/a\u0000b\u007f' }, ['/a%00b%7F', '/a%00b%7F?']],
    ['so with half a character', { rawPath: '/\ud800' }, ['/%EF%BF%BD', '/%EF%BF%BD?']],
    ['nothing that is made up', { rawPath: undefined, rawQueryString: 'a=1' }, ['?a=1']],
    ['the path alone without a query', { rawQueryString: undefined }, plain],
    ['the path alone without a stage', { rawPath: '//a', requestContext: { http: named.http } }, ['//a', '//a?']],
    [
      'a path with and without a named stage',
      { rawPath: '/prod/hook', rawQueryString: 'a=1', requestContext: named },
      ['/prod/hook?a=1', '/hook?a=1'],
    ],
    ['none with a space in the query', { rawQueryString: 'a=b c' }, []],
    ['nothing that the caller claims of itself', { headers: claims }, plain],
  ])('the targets are %s', (_what, event, targets) => {
    expect(parseRequest(v2(event)).targets).toEqual(targets);
  });

  test('a mapping key of a domain may have been written before the path, and comes last', () => {
    const query = { rawQueryString: 'a=1' };
    expect(parseRequest(v2(query), 'hooks/v1').targets).toEqual(['/messagemedia?a=1', '/hooks/v1/messagemedia?a=1']);
  });

  test('the encoded path of a Function URL is a candidate as it is, and comes first', () => {
    expect(parseRequest(v2({ rawPath: '/caf%C3%A9' })).targets[0]).toBe('/caf%C3%A9');
  });

  test.each([
    ['/messagemedia', true],
    ['/a b', false],
    ['/\ud800', false],
  ])('it shows whether the event has a good target as it is: %j', (rawPath, expected) => {
    expect(parseRequest(v2({ rawPath })).hasPlainTarget).toBe(expected);
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
  const written = { path: null };
  const query = (path: string, ...spellings: string[]) => spellings.map((spelling) => `${path}?${spelling}`);
  test.each<[string, object, string[]]>([
    ['the path that the client wrote, and that of the event', {}, ['/prod/messagemedia', '/messagemedia']],
    ['the path as it is encoded', { path: '/é', requestContext: { path: '/caf%C3%A9' } }, ['/caf%C3%A9', '/é']],
    [
      'the query in the spellings that senders use',
      { ...written, multiValueQueryStringParameters: { text: ['a b:c'], tag: ['2', '1'] } },
      query('/prod/messagemedia', 'text=a%20b%3Ac&tag=2&tag=1', 'text=a%20b:c&tag=2&tag=1', 'text=a+b%3Ac&tag=2&tag=1'),
    ],
    [
      'a character of four bytes in the query as one',
      { ...written, multiValueQueryStringParameters: { text: ['📨 b'] } },
      query('/prod/messagemedia', 'text=%F0%9F%93%A8%20b', 'text=%F0%9F%93%A8+b'),
    ],
    ['one path, if there is one', { requestContext: {} }, ['/messagemedia']],
    ['none without a path', { ...written, requestContext: {}, queryStringParameters: { a: '1' } }, []],
    [
      'without a value that is no text',
      { ...written, multiValueQueryStringParameters: { a: [1, '2'], b: null, c: '3' } },
      ['/prod/messagemedia?a=2&c=3'],
    ],
    [
      'one a path with a plain query',
      { queryStringParameters: { a: '1' } },
      ['/prod/messagemedia?a=1', '/messagemedia?a=1'],
    ],
  ])('the targets are %s', (_what, event, targets) => {
    const request = parseRequest(v1(event));
    expect([request.targets, request.hasPlainTarget]).toEqual([targets, targets.length > 0]);
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
});
