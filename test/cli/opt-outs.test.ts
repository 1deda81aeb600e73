import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { byNumber, readBlacklist, readReport } from '../../cli/opt-outs.ts';
import { createProvider, type Provider } from '../../lambda/messagemedia/client.ts';
import { listen } from '../../sandbox/http.ts';
import { type ProviderSimulator, startProvider } from '../../sandbox/messagemedia/server.ts';
import { localEnvironment, run } from './terminal.ts';

const phones = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `+614915${70000 + from + index}`);

/** Reads from an API that gives these answers, by the request's token or page. @returns the answer to each call, in order */
async function withAnswers<T>(
  answer: (call: { token: string | null; page: number }) => object,
  read: (api: Provider) => T,
) {
  const calls: (string | null | number)[] = [];
  const server = await listen(0, async (request, response) => {
    const chunks = await request.toArray();
    const token = new URL(`http://a${request.url}`).searchParams.get('token');
    const page = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()).page : -1;
    calls.push(page < 0 ? token : page);
    response.end(JSON.stringify(answer({ token, page })));
  });
  try {
    return { calls, result: await read(createProvider({ baseUrl: server.url, apiKey: 'a', apiSecret: 'b' })) };
  } finally {
    await server.close();
  }
}

describe('the blacklist', () => {
  const ignore = () => {};
  const pageOf = (numbers: string[], page?: string) => ({ numbers, pagination: { page } });

  test('is read to its end, also over a page that is empty, and every number is there once, with its plus', async () => {
    const counts: number[] = [];
    const pages: Record<string, object> = {
      null: pageOf(phones(100), 'a'),
      a: pageOf([], 'b'),
      b: pageOf(['61491570050', '61491571000', '12345'], undefined),
    };
    const { calls, result } = await withAnswers(
      ({ token }) => pages[`${token}`] ?? {},
      (api) => readBlacklist(api, (count) => counts.push(count)),
    );
    expect(calls).toEqual([null, 'a', 'b']);
    expect(result).toEqual({ items: [...phones(100), '+61491571000', '12345'] });
    expect(counts).toEqual([100, 100, 102]);
  });

  test.each([
    ['the same page again', () => pageOf(phones(2), '0'), 2],
    ['nothing, for ever', ({ token }: { token: string | null }) => pageOf(token === null ? phones(2) : [], '0'), 2],
    ['the first page', ({ token }: { token: string | null }) => pageOf(...wrapping(token)), 150],
  ])('ends where the token of the last page leads to %s', async (_what, answer, count) => {
    const { calls, result } = await withAnswers(answer, (api) => readBlacklist(api, ignore));
    expect(result).toEqual({ items: phones(count) });
    expect(calls.length).toBeLessThanOrEqual(3);
  });
  const wrapping = (token: string | null): [string[], string] =>
    token === '1' ? [phones(50, 100), '0'] : [phones(100), '1'];

  test.each<[string, (token: string | null) => object, number, string]>([
    [
      'when every token leads to the same full page',
      (token) => pageOf(phones(100), `${Number(token) + 1}`),
      100,
      'begins anew after 100 numbers',
    ],
    [
      'at the limit',
      (token) => pageOf(phones(100, Number(token) * 100), `${Number(token) + 1}`),
      300,
      'goes on after 300 numbers (3 pages)',
    ],
  ])('is not called whole %s', async (_when, answer, count, problem) => {
    const { result } = await withAnswers(
      ({ token }) => answer(token),
      (api) => readBlacklist(api, ignore, 3),
    );
    expect(result).toEqual({ items: phones(count), problem: `The blacklist ${problem}` });
  });
});

describe('the report', () => {
  const stops = (count: number, from = 0) =>
    phones(count).map((source_address, index) => ({ source_address, message_id: `m-${from + index}` }));
  const day = [new Date(0), new Date(86_400_000)] as const;
  const read = (api: Provider) => readReport(api, ...day);

  test('is read to its end, and every message is there once, also those without an id', async () => {
    const bare = { source_address: '+61491570156' };
    const pages = [stops(100), [...stops(1, 99), ...stops(1, 100), bare, bare]];
    const { calls, result } = await withAnswers(
      ({ page }) => ({ messages: pages[page], pagination: { has_next: page < 1 } }),
      read,
    );
    expect(calls).toEqual([0, 1]);
    expect(result.problem).toBeUndefined();
    expect(result.items).toHaveLength(102);
  });
});

test('both lists are put together by number, the newest opt-out first', () => {
  const messages = [
    { source_address: '61491570001', timestamp: '2026-11-01T10:00:00', message_id: 'a' },
    { source_address: '+61491570009', message_id: 'b' },
    { source_address: '+61491570001', timestamp: '2026-11-02T09:00:00', message_id: 'c' },
    { source_address: '+61491570001', message_id: 'd' },
  ];
  const items = ['+61491570000', '+61491570001'];
  const rows = byNumber({ items }, messages);
  const shown = (blacklisted: boolean | null) => [
    { number: '+61491570000', blacklisted: true, opt_outs: [] },
    {
      number: '+61491570001',
      blacklisted: true,
      opt_outs: [
        { timestamp: '2026-11-02T09:00:00', message_id: 'c' },
        { timestamp: '2026-11-01T10:00:00', message_id: 'a' },
        { message_id: 'd' },
      ],
    },
    { number: '+61491570009', blacklisted, opt_outs: [{ message_id: 'b' }] },
  ];
  expect(rows).toEqual(shown(false));
  expect(byNumber({ items, problem: 'x' }, messages)).toEqual(shown(null));
});

describe('mmw opt-outs', () => {
  let provider: ProviderSimulator;
  beforeEach(async () => {
    provider = await startProvider({ modulusLength: 1024, now: () => now });
    now = new Date();
  });
  afterEach(() => provider.close());
  let now = new Date();

  const mmw = (...args: string[]) => {
    const { url, apiKey, apiSecret } = provider;
    const api = { MESSAGEMEDIA_BASE_URL: url, MESSAGEMEDIA_API_KEY: apiKey, MESSAGEMEDIA_API_SECRET: apiSecret };
    return run(['opt-outs', ...args], localEnvironment(api));
  };
  /** Sends a message to each phone, and lets it answer STOP. @returns the ids of the messages */
  const stopFrom = async (numbers: string[]) => {
    const { url: baseUrl, apiKey, apiSecret } = provider;
    const api = createProvider({ baseUrl, apiKey, apiSecret });
    const sent = await api.sendMessages(numbers.map((to) => ({ content: 'Hi', destination_number: to })));
    for (const { message_id } of sent) provider.optOut(message_id);
    return sent.map(({ message_id }) => message_id);
  };

  test('shows who opted out, when, and by which message', async () => {
    now = new Date(Date.now() - 3_600_000);
    const [answered] = await stopFrom(['+61491570156']);
    const time = now.toISOString().slice(0, 19);
    const { code, stdout, stderr } = await mmw();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('number');
    for (const shown of ['+61491570156', 'yes', time, answered]) expect(stdout).toContain(shown);
    expect((await mmw('--since', '30m')).stdout).not.toContain(time);

    const { numbers, ...counts } = JSON.parse((await mmw('--json')).stdout);
    expect(numbers).toEqual([
      {
        number: '+61491570156',
        blacklisted: true,
        opt_outs: [expect.objectContaining({ timestamp: time, in_response_to: answered, content: 'STOP' })],
      },
    ]);
    expect(counts).toEqual({
      blacklist: { numbers: 1, complete: true },
      report: { from: expect.any(String), to: expect.any(String), opt_outs: 1, complete: true },
    });
  });

  test('--numbers prints all of them, one on a line, and asks for nothing else', async () => {
    const numbers = phones(100);
    await stopFrom(numbers);
    provider.failNext(/detail/, { status: 403 });
    expect(await mmw('--numbers')).toEqual({ code: 0, stdout: `${numbers.join('\n')}\n`, stderr: '' });
  });

  test('without the report it shows the blacklist, says so, and fails', async () => {
    await stopFrom(['+61491570156']);
    provider.failNext(/detail/, { status: 403, body: '{"message":"Not in your plan"}' });
    const { code, stdout, stderr } = await mmw('--json');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The report could not be read\. .*Not in your plan/s);
    expect(JSON.parse(stdout)).toMatchObject({
      blacklist: { complete: true },
      report: { complete: false },
      numbers: [{ number: '+61491570156', blacklisted: true, opt_outs: [] }],
    });
  });
});
