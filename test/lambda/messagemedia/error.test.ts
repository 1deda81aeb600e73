import { describe, expect, test } from '@jest/globals';
import { advice, interruption, ProviderError, refusal } from '../../../lambda/messagemedia/error.ts';

const redact = (text: string) => text.replaceAll('hunter2', '***');
const refused = (status: number, body: unknown = '', retryAfter: string | null = null) =>
  refusal({ status, text: typeof body === 'string' ? body : JSON.stringify(body) }, retryAfter, redact);

describe('an answer outside 200 to 299', () => {
  test.each([
    [301, 'redirected', false],
    [399, 'redirected', false],
    [400, 'invalid_request', false],
    [401, 'unauthorized', false],
    [403, 'forbidden', false],
    [404, 'not_found', false],
    [409, 'conflict', false],
    [418, 'invalid_request', false],
    [422, 'old_tls', false],
    [429, 'rate_limited', true],
    [499, 'invalid_request', false],
    [500, 'server_error', true],
    [503, 'server_error', true],
  ])('%i without a body is %s', (status, code, transient) => {
    expect(refused(status)).toEqual({ status, code, transient, details: [], what: `answered ${status}` });
  });

  test.each([
    [403, 'This Feature has not been enabled', 'feature_not_enabled'],
    [403, 'feature is NOTENABLED', 'feature_not_enabled'],
    [403, 'feature: not yet, in this account, enabled', 'forbidden'],
    [403, 'feature denied', 'forbidden'],
    [403, 'the account is not enabled', 'forbidden'],
    [400, 'feature has not been enabled', 'invalid_request'],
    [400, 'maximum number of webhooks (150) reached', 'too_many_webhooks'],
    [500, 'Maximum number of webhooks', 'server_error'],
  ])('%i "%s" is %s', (status, message, code) => {
    expect(refused(status, { message })).toMatchObject({ code, vendorMessage: message });
    expect(refused(status, { message: 'No', details: ['/a: wrong', message] })).toMatchObject({ code });
  });

  test('is quoted as far as it is text, without credentials', () => {
    const found = refused(400, { message: 'no hunter2', details: ['/a: hunter2', 7, null, '/b: wrong'] });
    expect(found).toEqual({
      status: 400,
      code: 'invalid_request',
      transient: false,
      vendorMessage: 'no ***',
      details: ['/a: ***', '/b: wrong'],
      what: 'answered 400 "no ***; /a: ***; /b: wrong"',
    });
    expect(refused(400, { details: ['/a'] })).toMatchObject({ what: 'answered 400 "/a"' });
    expect(refused(400, { details: ['/a'] })).not.toHaveProperty('vendorMessage');
    expect(refused(400, { message: 'no', details: 'all' })).toMatchObject({ vendorMessage: 'no', details: [] });
    for (const body of ['null', '7', '<html>', '{"message":{}}', '[]'])
      expect(refused(400, body)).toEqual(refused(400));
  });

  test('is shortened, however much it says', () => {
    const long = 'x'.repeat(600);
    const { vendorMessage, details } = refused(400, { message: long, details: Array(30).fill(long) });
    expect(vendorMessage).toHaveLength(500);
    expect(details).toEqual(Array(20).fill('x'.repeat(500)));
  });
});

describe('how long an answer asks to wait', () => {
  test.each([
    ['0', 0],
    ['12', 12_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['2026-01-01', 0],
  ])('%s', (header, milliseconds) => {
    expect(refused(429, '', header)).toHaveProperty('retryAfter', milliseconds);
  });

  test('until a date', () => {
    const found = refused(503, '', new Date(Date.now() + 60_000).toUTCString()).retryAfter ?? 0;
    expect(found).toBeGreaterThan(50_000);
    expect(found).toBeLessThanOrEqual(60_000);
  });

  test.each([null, 'soon', '5 seconds'])('%s is no time', (header) => {
    expect(refused(429, '', header)).not.toHaveProperty('retryAfter');
  });
});

describe('an answer that never came, or not to its end', () => {
  const broken = (error: unknown, status?: number) => interruption(error, 'api.example', status, redact);
  const systemError = Object.assign(new Error('connect hunter2'), { code: 'ECONNREFUSED' });

  test('names the host and the code of the system', () => {
    expect(broken(new TypeError('fetch failed', { cause: systemError }))).toMatchObject({
      code: 'unreachable',
      transient: true,
      what: 'could not reach api.example (ECONNREFUSED)',
    });
    expect(broken(systemError)).not.toHaveProperty('status');
  });

  test('names the innermost message where there is no code', () => {
    const found = (error: unknown) => broken(error).what;
    expect(found(new Error('outer', { cause: new Error('inner hunter2') }))).toBe(
      'could not reach api.example (inner ***)',
    );
    expect(found(Object.assign(new Error('seven'), { code: 7 }))).toBe('could not reach api.example (seven)');
    for (const nothing of [undefined, null]) expect(found(nothing)).toBe('could not reach api.example (undefined)');
  });

  test('keeps the status of a part of an answer', () => {
    expect(broken(systemError, 201)).toMatchObject({
      code: 'malformed_answer',
      transient: true,
      status: 201,
      what: 'broke off its answer 201',
    });
  });

  test('keeps names, codes and messages of the causes alone, without credentials', () => {
    const parser = Object.assign(new Error(''), { code: 'HPE', data: 'hunter2', cause: { name: 7, message: 'raw' } });
    const { cause } = broken(new TypeError('failed with hunter2', { cause: parser })) as { cause: Error };
    expect(cause).toEqual(new Error('TypeError failed with ***'));
    expect(cause.cause).toEqual(new Error('Error HPE'));
    expect(cause.cause).not.toHaveProperty('data');
    const innermost = (cause.cause as Error).cause as Error;
    expect(innermost.message).toBe('raw');
    expect(innermost).not.toHaveProperty('cause');
    expect((broken(null).cause as Error).message).toBe('');
  });
});

test('an error has the facts that there are, and no others', () => {
  const cause = new Error('why');
  const facts = { status: 404, vendorMessage: 'no', details: ['/a'], cause };
  const error = new ProviderError('not_found', 'gone', facts);
  expect(error).toMatchObject({ name: 'ProviderError', code: 'not_found', message: 'gone', ...facts });
  const bare = new ProviderError('timeout', 'late');
  expect(bare).toMatchObject({ status: undefined, vendorMessage: undefined, details: [] });
  expect(bare).not.toHaveProperty('cause');
});

test('there is something else to do about each failure', () => {
  const texts = Object.values(advice);
  expect(texts).toHaveLength(14);
  expect(new Set(texts).size).toBe(14);
  for (const text of texts) expect(text).toMatch(/^[a-z].* .*[^.]$/i);
});
