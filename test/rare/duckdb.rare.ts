import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from '@jest/globals';
import { toArchiveLine } from '../../lambda/archive/archive-line.ts';
import { eventTypes } from '../../lambda/contract.ts';
import { type LocalArchive, messageOf, startArchive } from '../cli/archive/archive.ts';
import { makeKey } from '../support.ts';

/** The query as the page has it. */
function queryOfPage(): string {
  const page = readFileSync(new URL('../../docs/archive.md', import.meta.url), 'utf8');
  const [, query] = /<!-- duckdb -->\n```sql\n(.*?)```/s.exec(page) ?? [];
  if (query === undefined) throw new Error('docs/archive.md has no query for DuckDB');
  return query;
}

/** What `aws s3 sync` does. */
async function download({ client, bucket }: LocalArchive, folder: string): Promise<void> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'events/' }));
  for (const { Key = '' } of Contents) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
    mkdirSync(dirname(join(folder, Key)), { recursive: true });
    writeFileSync(join(folder, Key), (await Body?.transformToByteArray()) ?? '');
  }
}

test('DuckDB reads the archive with the query of the page', async () => {
  const archive = await startArchive();
  const folder = mkdtempSync(join(tmpdir(), 'duckdb-'));
  try {
    const key = makeKey();
    const report = (id: string, status: string, space = '') =>
      toArchiveLine(
        messageOf(
          key,
          '2026-11-24T10:00:00Z',
          `{${space}"delivery_report_id":"${id}","message_id":"m","status":"${status}"}`,
        ),
      );
    const twice = report('d', 'delivered');
    await archive.put(eventTypes.deliveryReport, '2026-11-24T10:00:00Z', [
      ...[report('a', 'delivered'), report('b', 'failed'), twice],
      // Its line has the data in base64.
      report('c', 'delivered', '\n'),
    ]);
    await archive.put(eventTypes.deliveryReport, '2026-11-24T11:00:00Z', [twice]);
    await archive.put(eventTypes.deliveryReport, '2026-11-25T11:00:00Z', [report('e', 'delivered')]);
    await archive.put(eventTypes.reply, '2026-11-25T11:00:00Z', [
      messageOf(key, '2026-11-24T10:00:00Z', { reply_id: 'r' }),
    ]);
    await download(archive, folder);

    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const query = queryOfPage().replaceAll("'events/", `'${folder}/events/`);
    const rows = (await connection.runAndReadAll(query)).getRowObjectsJson();
    connection.closeSync();
    instance.closeSync();
    const asText = rows.map(({ day, status, events }) => [String(day), status, Number(events)]);
    expect(asText).toEqual([
      ['24', 'delivered', 3],
      ['24', 'failed', 1],
      ['25', 'delivered', 1],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
    await archive.queue.close();
  }
});
