import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventTypes } from '../../../lambda/contract.ts';
import type { EventsOf } from '../../../lambda/reconcile/reconciliation-run.ts';
import { createLogSearch } from '../../../lambda/reconcile/seen-in-logs.ts';
import { localCredentials } from '../../../sandbox/aws/credentials.ts';
import { type LocalLogs, startLogs } from '../../log-queries.ts';

const idOf = (number: number) => `0000000a-0000-4000-8000-${String(number).padStart(12, '0')}`;
const since = new Date('2026-11-24T11:00:00.500Z');
let logs: LocalLogs;
let time: number;
beforeAll(async () => {
  logs = await startLogs();
});
afterAll(() => logs.close());
beforeEach(() => {
  time = Date.parse('2026-11-24T12:00:00.500Z');
  logs.lines.length = logs.queries.length = logs.statuses.length = 0;
});

function search(
  ids: string[],
  logGroups = ['receiver', 'reconciliation'],
  of: EventsOf = { type: eventTypes.reply, account: undefined },
) {
  const client = new CloudWatchLogsClient({
    endpoint: logs.url,
    region: 'us-east-1',
    credentials: localCredentials,
    maxAttempts: 1,
  });
  const pause = async (milliseconds: number) => {
    time += milliseconds;
  };
  return createLogSearch({ client, logGroups, now: () => time, pause })(ids, since, of);
}

test('finds what the receiver accepted and what was recovered, in whatever case', async () => {
  logs.lines.push(
    JSON.stringify({ message: 'accepted', id: idOf(1).toUpperCase() }),
    JSON.stringify({ message: 'recovered', id: idOf(2) }),
    JSON.stringify({ message: 'refused', id: idOf(3) }),
    JSON.stringify({ message: 'failed', detail: `{"id":"${idOf(4)}"}` }),
    `not JSON "id":"${idOf(5)}"`,
    JSON.stringify({ message: 'accepted', id: idOf(6), about: { id: idOf(3) } }),
  );
  logs.statuses.push('Scheduled', 'Running');
  expect(await search([1, 2, 3, 4, 5].map(idOf))).toEqual(new Set([idOf(1), idOf(2)]));
  expect(logs.queries).toEqual([
    expect.objectContaining({
      logGroupNames: ['receiver', 'reconciliation'],
      startTime: Date.parse('2026-11-24T11:00:00Z') / 1000,
      endTime: Date.parse('2026-11-24T12:00:01Z') / 1000,
    }),
  ]);
});

test.each<[EventsOf, number[]]>([
  [{ type: eventTypes.reply, account: undefined }, [1]],
  [{ type: eventTypes.optOut, account: 'A' }, [2]],
  [{ type: eventTypes.reply, account: 'A' }, [1, 3]],
  [{ type: eventTypes.reply, account: 'B' }, [1, 4]],
])('finds no event of another kind or account under the same id: %j', async (of, found) => {
  const { reply, optOut: opt } = eventTypes;
  const lines = [
    { type: reply },
    { type: opt, account: 'A' },
    { type: reply, account: 'A' },
    { type: reply, account: 'B' },
  ];
  logs.lines.push(...lines.map((line, index) => JSON.stringify({ message: 'accepted', id: idOf(index + 1), ...line })));
  expect(await search([1, 2, 3, 4].map(idOf), undefined, of)).toEqual(new Set(found.map(idOf)));
});

test('asks for UUIDs alone: nothing else gets into a query', async () => {
  expect(await search(['x"/ | delete', '.*', `${idOf(1)}|.*`])).toEqual(new Set());
  expect(logs.queries).toEqual([]);
});

test('no query is longer than CloudWatch takes', async () => {
  const ids = Array.from({ length: 450 }, (_, number) => idOf(number));
  logs.lines.push(...ids.map((id) => JSON.stringify({ message: 'accepted', id })));
  expect((await search(ids)).size).toBe(450);
  expect(logs.queries.map(({ queryString }) => queryString.length > 10_000)).toEqual([false, false, false]);
});

test('rejects when the query fails, or has not ended after a minute', async () => {
  logs.statuses.push('Failed');
  await expect(search([idOf(1)])).rejects.toThrow('the query ended as Failed');
  logs.statuses.push(...Array(200).fill('Running'));
  const begin = time;
  await expect(search([idOf(1)])).rejects.toThrow('the query took longer than 60 s');
  expect(time - begin).toBe(60_000);
});

test('rejects when there is no such log group', async () => {
  await expect(search([idOf(1)], ['missing'])).rejects.toThrow('Log group missing does not exist');
});
