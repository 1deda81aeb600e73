import type { IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import type { Provider } from '../../../lambda/messagemedia/client.ts';
import { readBody } from '../../../sandbox/http.ts';
import { clientOf, failureOf, withServer } from './fixture.ts';

const ids = Array.from({ length: 250 }, (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`);

/** The calls to a server that answers each with the next of these statuses, and then always with the last. */
async function recording(statuses: number[], body: string, work: (client: Provider) => Promise<unknown>) {
  const calls: { line: string; body: string }[] = [];
  const record = async ({ method, url }: IncomingMessage, text: Promise<unknown>) => {
    calls.push({ line: `${method} ${url}`, body: String(await text) });
    return statuses[Math.min(calls.length, statuses.length) - 1] ?? 200;
  };
  const result = await withServer(
    async (request, response) => {
      const status = await record(request, readBody(request));
      response.writeHead(status).end(body);
    },
    (server) => work(clientOf(server).client),
  );
  return { calls, result };
}

test.each([
  ['delivery_reports', (at: Provider) => at.checkDeliveryReports()],
  ['replies', (at: Provider) => at.checkReplies()],
] as const)('%s are kept as they were answered', async (name, check) => {
  const items = [{ anything: { at: ['all'] } }, {}];
  const { calls, result } = await recording([200], JSON.stringify({ [name]: items }), check);
  expect(result).toEqual(items);
  expect(calls).toEqual([{ line: `GET /v1/${name}`, body: '' }]);

  for (const wrong of [{}, { [name]: null }, { [name]: ['x'] }, { [name]: [[]] }, []]) {
    const { result: error } = await recording([200], JSON.stringify(wrong), (at) => failureOf(check(at)));
    expect(error).toMatchObject({ code: 'malformed_answer', status: 200 });
  }
});

test.each([
  ['delivery_reports', 'delivery_report_ids', (at: Provider) => at.confirmDeliveryReports(ids)],
  ['replies', 'reply_ids', (at: Provider) => at.confirmReplies(ids)],
] as const)('%s are confirmed by hundreds, whatever text the 202 has', async (name, field, confirm) => {
  const { calls } = await recording([202], 'will be marked as confirmed', confirm);
  expect(calls.map(({ line }) => line)).toEqual(Array(3).fill(`POST /v1/${name}/confirmed`));
  const parts = calls.map(({ body }) => JSON.parse(body)[field] as string[]);
  expect(parts.map(({ length }) => length)).toEqual([100, 100, 50]);
  expect(parts.flat()).toEqual(ids);
});

test('to confirm nothing calls nobody', async () => {
  expect((await recording([500], '', (at) => at.confirmReplies([]))).calls).toEqual([]);
});

test('to confirm is tried again, as twice does no harm, and its failure says nothing of that', async () => {
  const { calls } = await recording([503, 429, 202], '', (at) => at.confirmReplies(ids.slice(0, 1)));
  expect(calls).toHaveLength(3);
  const { result } = await recording([503], '', (at) => failureOf(at.confirmReplies(ids.slice(0, 1))));
  expect(result).toMatchObject({ code: 'server_error', message: expect.stringContaining('last of 4 tries') });
  expect(String(result)).not.toContain('carried out');
});
